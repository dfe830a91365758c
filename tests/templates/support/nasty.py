"""Requests that no browser sends, each on a connection of its own; says the status of each answer."""
import socket
import ssl

requests = [
    b'GET /plain?token=hush HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: curl/8\r\n\r\n',
    b'GET /a"b\\c HTTP/1.1\r\nHost: a\r\nUser-Agent: q"b\\s\tt\x01\x1f\x7f\xc3\xa9\xff\xfe \xe2\x28\xa1 ]x\r\nx-request-id: "bad"\r\n\r\n',
    b'GET /' + b'a"' * 4000 + b' HTTP/1.1\r\nHost: a\r\nUser-Agent: ' + b'\x01"' * 3000 + b'\r\n\r\n',
    b'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    b'G"T / HTTP/1.1\r\nHost: a\r\n\r\n',
    b"GET /'$(x)%22%0a HTTP/1.1\r\nHost: a\r\nUser-Agent: \xed\xa0\x80 \xf5\x80\x80\x80\r\n\r\n",
    b'GET / HTTP/1.1\r\nHost: a\r\nx-request-id: mine-1\r\n\r\n',
    b'\x00\xff\xfe"\\\r\n\r\n',
]
context = ssl._create_unverified_context()
for request in requests:
    with socket.create_connection(("127.0.0.1", 443)) as plain, context.wrap_socket(plain) as connection:
        connection.sendall(request)
        connection.settimeout(5)
        print(connection.recv(65536).split(b" ", 2)[1].decode())
# Not even TLS.
with socket.create_connection(("127.0.0.1", 443)) as plain:
    plain.sendall(b'GET / HTTP/1.1\r\n\r\n"')
    plain.settimeout(5)
    try:
        plain.recv(100)
    except OSError:
        pass
