#!/usr/bin/python3 -B
"""An SMTP server on loopback that keeps each mail as a file.

STARTTLS is offered; AUTH PLAIN, LOGIN and XOAUTH2 too, once inside TLS. Faults are asked
for by address. Recipients:
  code-NNN@…      answered with NNN
  later-N-NAME@…  451 the first N times, then taken
Senders:
  data-NNN@…      the mail is answered with NNN
  slow-N@…        N seconds pass before the answer to the mail
  drop@…          the connection is reset in the middle of DATA
  vanish@…        the mail is kept, then the connection is reset
--no-starttls PORT listens once more, as a server whose STARTTLS somebody took out;
--implicit PORT speaks TLS from the first byte.
"""
import argparse
import asyncio
import base64
import itertools
import os
import re
import secrets

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

import web


class Keep:
    def __init__(self, folder):
        self.folder = folder
        self.asked = {}
        self.numbers = itertools.count(1 + max(
            (int(name[:6]) for name in os.listdir(folder) if name[:6].isdigit()), default=0))

    async def handle_RCPT(self, server, session, envelope, address, options):
        code = re.match(r'code-([45]\d\d)@', address)
        if code:
            return f'{code[1]} Told to refuse {address}'
        later = re.match(r'later-(\d+)-', address)
        if later and self.asked.setdefault(address, 0) < int(later[1]):
            self.asked[address] += 1
            return f'451 4.3.2 Not yet, asked {self.asked[address]} times'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        told = re.match(r'(data|slow)-(\d+)@', envelope.mail_from or '')
        if told and told[1] == 'slow':
            await asyncio.sleep(int(told[2]))
        elif told:
            return f'{told[2]} Told to refuse the mail'
        self.keep(session, envelope, server.transport.get_extra_info('sslcontext'))
        if (envelope.mail_from or '').startswith('vanish@'):
            server.transport.abort()
        return '250 Kept'

    async def auth_XOAUTH2(self, server, args):
        """user=NAME ^A auth=Bearer TOKEN ^A ^A, in base64; the token is the password."""
        reply = (base64.b64decode(args[1]) if len(args) > 1
                 else await server.challenge_auth(''))
        fields = dict(f.split(b'=', 1) for f in reply.split(b'\1') if b'=' in f)
        return server._authenticate('XOAUTH2', LoginPassword(
            fields.get(b'user', b''), fields.get(b'auth', b'').removeprefix(b'Bearer ')))

    def keep(self, session, envelope, secure):
        head = [f'X-Envelope-From: {envelope.mail_from}']
        head += [f'X-Envelope-To: {address}' for address in envelope.rcpt_tos]
        head += [f'X-Envelope-TLS: {"yes" if secure else "no"}',
                 f'X-Envelope-User: {session.auth_data or "-"}']
        path = os.path.join(self.folder, f'{next(self.numbers):06}.eml')
        with open(path + '.part', 'wb') as file:
            file.write('\r\n'.join(head + ['']).encode() + envelope.content)
        os.rename(path + '.part', path)


class Server(SMTP):
    async def smtp_DATA(self, arg):
        if (self.envelope.mail_from or '').startswith('drop@'):
            await self.push('354 Go on')
            await self._reader.readline()
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


async def main():
    parser = argparse.ArgumentParser(description='Keep mails as files.')
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--no-starttls', type=int, metavar='PORT')
    parser.add_argument('--implicit', type=int, metavar='PORT')
    parser.add_argument('--mail', required=True, metavar='DIR')
    parser.add_argument('--tls', nargs=2, required=True, metavar=('CERT', 'KEY'))
    parser.add_argument('--password-file', required=True, help='the password of user oogway')
    options = parser.parse_args()
    with open(options.password_file) as file:
        password = file.read().strip().encode()

    def authenticate(server, session, envelope, mechanism, login):
        known = secrets.compare_digest(login.login + b'\0' + login.password, b'oogway\0' + password)
        name = login.login.decode('ascii', 'replace')
        return AuthResult(success=known, handled=False, auth_data=name)

    keep, context = Keep(options.mail), web.tls_context(*options.tls)

    async def listen(port, starttls=None, tls=None):
        return await asyncio.get_running_loop().create_server(
            lambda: Server(keep, hostname='mail.lab.example', tls_context=starttls,
                           authenticator=authenticate, enable_SMTPUTF8=True,
                           auth_require_tls=tls is None),
            web.HOST, port, ssl=tls)

    servers = [await listen(options.port, starttls=context)]
    if options.no_starttls:
        servers.append(await listen(options.no_starttls))
    if options.implicit:
        servers.append(await listen(options.implicit, tls=context))
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == '__main__':
    asyncio.run(main())
