#!/usr/bin/python3 -B
"""An SMTP server on loopback that keeps each mail as a file.

STARTTLS is offered; AUTH PLAIN and LOGIN too, once inside TLS. A recipient named
code-NNN is answered with NNN, so that a test can meet any refusal.
"""
import argparse
import asyncio
import itertools
import os
import re
import secrets

from aiosmtpd.smtp import SMTP, AuthResult

import web


class Keep:
    def __init__(self, folder):
        self.folder = folder
        self.numbers = itertools.count(1 + max(
            (int(name[:6]) for name in os.listdir(folder) if name[:6].isdigit()), default=0))

    async def handle_RCPT(self, server, session, envelope, address, options):
        code = re.match(r'code-([45]\d\d)@', address)
        if code:
            return f'{code[1]} Told to refuse {address}'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        head = [f'X-Envelope-From: {envelope.mail_from}']
        head += [f'X-Envelope-To: {address}' for address in envelope.rcpt_tos]
        head += [f'X-Envelope-TLS: {"yes" if session.ssl else "no"}',
                 f'X-Envelope-User: {session.auth_data or "-"}']
        path = os.path.join(self.folder, f'{next(self.numbers):06}.eml')
        with open(path + '.part', 'wb') as file:
            file.write('\r\n'.join(head + ['']).encode() + envelope.content)
        os.rename(path + '.part', path)
        return '250 Kept as ' + os.path.basename(path)


async def main():
    parser = argparse.ArgumentParser(description='Keep mails as files.')
    parser.add_argument('--port', type=int, required=True)
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
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(keep, hostname='mail.lab.example', tls_context=context,
                     authenticator=authenticate, enable_SMTPUTF8=True),
        web.HOST, options.port)
    await server.serve_forever()


if __name__ == '__main__':
    asyncio.run(main())
