"""Sends the frames that come in on standard input and prints those that the NIC receives, in hexadecimal, a line each."""
import socket
import sys
import threading

ETH_P_ALL = 3
tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
tap.bind((sys.argv[1], ETH_P_ALL))


def listen():
    while True:
        try:
            frame, (_, _, kind, _, _) = tap.recvfrom(65535)
        except OSError:
            return  # The NIC is gone.
        if kind != socket.PACKET_OUTGOING:
            print(frame.hex())


threading.Thread(target=listen, daemon=True).start()
print("ready")
for line in sys.stdin:
    tap.send(bytes.fromhex(line.strip()))
