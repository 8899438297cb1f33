#!/usr/bin/python3
"""An independent witness: the same call by impacket's own client, its rows as JSON lines.

    witness.py PORT USERNAME CALL LEVEL [QUALIFIER]      the password is in LAB_PASSWORD

CALL is connections, sessions, files, shares or logons; or it closes, and prints the status: close_session, whose LEVEL
is the user and QUALIFIER the computer, or close_file, whose LEVEL is the id.
"""
import json
import os
import sys

from impacket.dcerpc.v5 import srvs, transport, wkst
from impacket.dcerpc.v5.dtypes import NULL

port, username, call, level = sys.argv[1:5]
number = int(level) if level.isdigit() else None
interface, uuid = (r"\wkssvc", wkst.MSRPC_UUID_WKST) if call == "logons" else (r"\srvsvc", srvs.MSRPC_UUID_SRVS)
pipe = transport.SMBTransport("127.0.0.1", int(port), interface, username=username,
                              password=os.environ["LAB_PASSWORD"])
rpc = pipe.get_dce_rpc()
rpc.connect()
rpc.bind(uuid)
if call in ("close_session", "close_file"):
    try:
        if call == "close_file":
            srvs.hNetrFileClose(rpc, number)
        else:
            srvs.hNetrSessionDel(rpc, sys.argv[5] + "\0", level + "\0")
        print(0)
    except srvs.DCERPCSessionError as failure:
        print(failure.get_error_code())
    sys.exit()
if call == "connections":
    answer = srvs.hNetrConnectionEnum(rpc, sys.argv[5] + "\0", number)["InfoStruct"]["ConnectInfo"]
elif call == "sessions":
    answer = srvs.hNetrSessionEnum(rpc, NULL, NULL, number)["InfoStruct"]["SessionInfo"]
elif call == "files":
    answer = srvs.hNetrFileEnum(rpc, NULL, NULL, number)["InfoStruct"]["FileInfo"]
elif call == "logons":
    answer = wkst.hNetrWkstaUserEnum(rpc, number)["UserInfo"]["WkstaUserInfo"]
else:
    answer = srvs.hNetrShareEnum(rpc, number)["InfoStruct"]["ShareInfo"]
for entry in answer["Level" + level]["Buffer"]:
    fields = {name.partition("_")[2]: entry[name] for name, _ in entry.structure}
    if "path_name" in fields:  # fi3_path_name here, fi3_pathname in MS-SRVS
        fields["pathname"] = fields.pop("path_name")
    print(json.dumps({name: value.rstrip("\0") if isinstance(value, str) else value
                      for name, value in fields.items()}))
