#include "smb/lua_logon.h"

#include "binding/ledger.h"

static const char key = 0;

struct credential_ledger *logon_ledger_of(lua_State *L) {
    return ledger_of(L, &key);
}

void logon_ledger_register(lua_State *L) {
    ledger_register(L, &key, logon_ledger_new);
}
