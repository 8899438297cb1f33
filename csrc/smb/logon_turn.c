#include "smb/logon_turn.h"

#include <stdio.h>

#include "base/clock.h"

static void describe(const struct link_failure *refusal, struct link_failure *failure) {
    *failure = *refusal;
    snprintf(failure->message, sizeof failure->message,
             "not tried, since the same credentials have been refused: %.400s", refusal->message);
}

bool logon_turn_start(struct logon_turn *turn, struct logon_ledger *ledger,
                      const struct frame_logon *logon, const struct logon_policy *policy,
                      struct link_failure *failure) {
    *turn = (struct logon_turn){ledger, logon_credential_of(logon), *policy, true, false};
    const struct link_failure *refusal =
        logon_ledger_refusal(ledger, turn->credential, policy, clock_now());
    if (refusal)
        describe(refusal, failure);
    return !refusal;
}

void logon_turn_end(struct logon_turn *turn) {
    if (turn->begun)
        logon_ledger_end(turn->ledger, turn->credential);
    turn->begun = turn->open = false;
}

/* Somebody has asked to log on. */
static bool ask(struct logon_turn *turn, struct link *link, int64_t now,
                struct link_failure *failure) {
    int64_t steady = clock_now();
    if (turn->begun) { /* a second step of the same logon */
        link_log_on(link, now);
        return true;
    }
    switch (logon_ledger_begin(turn->ledger, turn->credential, &turn->policy, steady,
                               steady + link_timeout(link))) {
    case LOGON_NOW:
        turn->begun = true;
        link_log_on(link, now);
        return true;
    case LOGON_LATER:
        return true;
    case LOGON_REFUSED:
        describe(logon_ledger_refusal(turn->ledger, turn->credential, &turn->policy, steady),
                 failure);
        return false;
    }
    return true;
}

bool logon_turn_follow(struct logon_turn *turn, struct link *link, enum link_state state,
                       int64_t now, struct link_failure *failure) {
    switch (turn->open ? state : LINK_CLOSED) {
    case LINK_ASKING:
        return ask(turn, link, now, failure);
    case LINK_BINDING:
    case LINK_READY:
    case LINK_CALLING:
    case LINK_ANSWERED:
        logon_ledger_accept(turn->ledger, turn->credential, clock_now());
        logon_turn_end(turn);
        return true;
    case LINK_FAILED:
        logon_ledger_fail(turn->ledger, turn->credential, link_failure(link), clock_now());
        logon_turn_end(turn);
        return true;
    default:
        return true;
    }
}
