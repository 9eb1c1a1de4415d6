"""A server of names on 127.0.0.1, as Docker has one for the containers of a network."""

import socket
import socketserver
import threading

FOUND, UNKNOWN = b"\x81\x80", b"\x81\x83"
END_OF_NAME = b"\x00"
HEADER, TYPE_AND_CLASS = 12, 4


class Names(socketserver.UDPServer):
    """Tells the addresses that it knows, until it is closed."""

    def __init__(self) -> None:
        self.addresses: dict[str, str] = {}
        super().__init__(("127.0.0.1", 0), Asked)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Answer nobody any more."""
        self.shutdown()
        self.server_close()

    def answer(self, question: bytes) -> bytes:
        """The address of the name asked for, or that there is none."""
        end = question.index(END_OF_NAME, HEADER)
        address = self.addresses.get(_name(question[HEADER:end]))
        answer = b""
        if address:  # of the name asked for: an A of class IN, valid for a second
            answer = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04" + socket.inet_aton(address)
        counts = b"\x00\x01" + (b"\x00\x01" if address else b"\x00\x00") + b"\x00" * 4
        asked = question[HEADER : end + 1 + TYPE_AND_CLASS]
        return question[:2] + (FOUND if address else UNKNOWN) + counts + asked + answer


class Asked(socketserver.BaseRequestHandler):
    """One question."""

    def handle(self) -> None:
        """Answer it."""
        question, replies = self.request
        replies.sendto(self.server.answer(question), self.client_address)


def _name(labels: bytes) -> str:
    """A name, of labels that each have their length before them."""
    parts = []
    while labels:
        length, labels = labels[0], labels[1:]
        parts.append(labels[:length].decode())
        labels = labels[length:]
    return ".".join(parts)
