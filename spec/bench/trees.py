#!/usr/bin/python3
"""Holds COUNT tree connections to a share, over a few sessions, until standard input ends.

    trees.py PORT USERNAME SHARE COUNT      the password is in LAB_PASSWORD
"""
import os
import sys

from impacket.smbconnection import SMBConnection

SESSIONS = 20

port, username, share, count = sys.argv[1:5]
password = os.environ["LAB_PASSWORD"]
sessions = []
for number in range(SESSIONS):
    session = SMBConnection("127.0.0.1", "127.0.0.1", sess_port=int(port))
    session.login(username, password)
    sessions.append(session)
for number in range(int(count)):
    session = sessions[number % SESSIONS]
    session.connectTree(share)
    # impacket connects to a share once, unless it forgets that it did
    session._SMBConnection._Session["TreeConnectTable"].pop(share)
print("held", flush=True)
sys.stdin.read()
