"""Loopback HTTP and HTTPS servers: one thread a connection, keep-alive, quiet."""
import http.server
import json
import socketserver
import ssl
import sys
import threading

HOST = '127.0.0.1'


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port, handler, tls=None):
        self.tls = tls
        super().__init__((HOST, port), handler)

    def server_bind(self):
        # HTTPServer.server_bind asks the resolver for our own name, which may hang.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address

    def get_request(self):
        connection, peer = super().get_request()
        if self.tls:
            # The handshake runs at the first read, on the connection's own thread.
            connection = self.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False)
        return connection, peer

    def handle_error(self, request, client_address):
        # A client that went away is what the tests do on purpose.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    timeout = 300

    def log_message(self, format, *args):
        pass

    def read_body(self):
        return self.rfile.read(int(self.headers.get('Content-Length') or 0))

    def answer(self, status, body=b'', headers=(), content_type='application/json'):
        if not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        if status != 204:
            self.send_header('Content-Type', content_type)
            self.send_header('Content-Length', str(len(body)))
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD' and status != 204:
            self.wfile.write(body)


def tls_context(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def run(servers):
    """Serve them all; returns when the process is told to stop."""
    threads = [threading.Thread(target=s.serve_forever, daemon=True) for s in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
