"""Opens plan.txt of the share projects by a ticket, and keeps it open.

    open.py CONF CACHE SERVER
"""
import sys
import time

from samba import credentials
from samba.param import LoadParm
from samba.samba3 import libsmb_samba_internal as libsmb
from samba.samba3 import param

conf, cache, server = sys.argv[1:]
context = param.get_context()
context.load(conf)
parameters = LoadParm()
parameters.load(conf)
user = credentials.Credentials()
user.guess(parameters)
user.set_kerberos_state(credentials.MUST_USE_KERBEROS)
user.set_named_ccache("FILE:" + cache, credentials.SPECIFIED, parameters)
connection = libsmb.Conn(server, "projects", context, user)
connection.create("plan.txt", DesiredAccess=0x81)
print("open", flush=True)
time.sleep(3600)
