#!/usr/bin/python3
"""An independent witness: the same call by impacket's own client, its rows as JSON lines.

    witness.py PORT USERNAME QUALIFIER LEVEL      the password is in LAB_PASSWORD
"""
import json
import os
import sys

from impacket.dcerpc.v5 import srvs, transport

port, username, qualifier, level = sys.argv[1:5]
pipe = transport.SMBTransport("127.0.0.1", int(port), r"\srvsvc", username=username,
                              password=os.environ["LAB_PASSWORD"])
call = pipe.get_dce_rpc()
call.connect()
call.bind(srvs.MSRPC_UUID_SRVS)
answer = srvs.hNetrConnectionEnum(call, qualifier + "\0", int(level))
container = answer["InfoStruct"]["ConnectInfo"]["Level" + level]
for entry in container["Buffer"]:
    fields = {name.partition("_")[2]: entry[name] for name, _ in entry.structure}
    print(json.dumps({name: value.rstrip("\0") if isinstance(value, str) else value
                      for name, value in fields.items()}))
