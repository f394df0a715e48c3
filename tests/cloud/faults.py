"""A proxy in front of a bucket that loses connections, refuses and delays requests, and remembers them."""

import socket
import threading
import time


class Proxy:
    """Forwards HTTP requests to a server, one for each connection. `plan` says what happens to which."""

    def __init__(self, port):
        self.target = port
        self.requests = []
        # Of each request, "METHOD path": a function that returns None, or ("status", code), ("cut", bytes), ("slow", seconds).
        self.plan = lambda request: None
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, client):
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                part = client.recv(65536)
                if not part:
                    return
                head += part
            lines = head.split(b"\r\n")
            request = lines[0].rsplit(b" ", 1)[0].decode()
            ranges = [line.decode() for line in lines if line.lower().startswith(b"range:")]
            with self.lock:
                self.requests.append((request, ranges[0] if ranges else ""))
                fault = self.plan(request)
            kind, value = fault or (None, None)
            if kind == "status":
                body = b"<Error><Code>Fault</Code><Message>of the test</Message></Error>"
                client.sendall(b"HTTP/1.1 %d Fault\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n"
                               b"Connection: close\r\n\r\n%s" % (value, len(body), body))
                return
            if kind == "slow":
                time.sleep(value)
            left = value if kind == "cut" else 1 << 62
            # The server closes the connection after its answer, so that the next request comes through here too.
            kept = [line for line in lines if not line.lower().startswith(b"connection:")]
            head = b"\r\n".join([kept[0], b"Connection: close", *kept[1:]])
            with socket.create_connection(("127.0.0.1", self.target)) as server:
                server.sendall(head)
                while left > 0 and (part := server.recv(min(65536, left))):
                    client.sendall(part)
                    left -= len(part)

    def take_requests(self):
        """Returns the requests since the last call."""
        with self.lock:
            requests, self.requests = self.requests, []
        return requests
