/* One link's logon, with its turn among those by the same credential. No Lua. */
#ifndef ROLLCALL_LOGON_TURN_H
#define ROLLCALL_LOGON_TURN_H

#include "smb/link.h"
#include "smb/logon_ledger.h"
#include "smb/refusal_record.h"

struct logon_turn {
    struct credential_ledger *ledger;
    credential_id credential;
    struct credential_policy policy;
    bool open;  /* nothing has come of it yet */
    bool begun; /* the ledger knows that it is under way */
    struct refusal_place place;
    struct refusal_record record; /* open while a credential is tried that nobody has accepted */
    int64_t held_back_since;      /* while another run has the credential's place; 0: it does not */
};

/* Before a link is opened. False if the credential was refused as often as it may be: `failure`
 * says by what, and nothing is to be opened. */
bool logon_turn_start(struct logon_turn *turn, struct credential_ledger *ledger,
                      const struct frame_logon *logon, const struct credential_policy *policy,
                      struct link_failure *failure);

/* After each progress of the link: lets it log on when it is its turn, and notes its result.
 * False if it must not log on any more: `failure` says why, and the link is of no use. */
bool logon_turn_follow(struct logon_turn *turn, struct link *link, enum link_state state,
                       int64_t now, struct link_failure *failure);

/* The link is done with, or given up. May be called again. */
void logon_turn_end(struct logon_turn *turn);

#endif
