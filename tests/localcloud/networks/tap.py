"""Sends the frames that come in on standard input and prints those that the NIC receives, in hexadecimal, a line each."""
import select
import socket
import sys

ETH_P_ALL = 3
tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
tap.bind((sys.argv[1], ETH_P_ALL))
print("ready")
while True:
    for ready in select.select([tap, sys.stdin], [], [])[0]:
        if ready is tap:
            frame, (_, _, kind, _, _) = tap.recvfrom(65535)
            if kind != socket.PACKET_OUTGOING:
                print(frame.hex())
        else:
            line = sys.stdin.readline()
            if line == "":
                sys.exit()
            tap.send(bytes.fromhex(line.strip()))
