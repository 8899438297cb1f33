#include "smb/logon_turn.h"

#include <stdio.h>

#include "base/clock.h"
#include "rpc/win32_status.h"

/* For so long a logon waits for that of another run. It may have been stopped. */
#define OTHER_RUN_MILLISECONDS 5000

static void describe(const struct link_failure *refusal, struct link_failure *failure) {
    *failure = *refusal;
    snprintf(failure->message, sizeof failure->message, CREDENTIAL_NOT_TRIED ": %.400s",
             refusal->message);
}

static void describe_other_run(const char *at, struct link_failure *failure) {
    link_failure_set(failure, "logon", ERROR_LOGON_FAILURE, "");
    snprintf(failure->message, sizeof failure->message,
             CREDENTIAL_NOT_TRIED
             " to another run of yours at %s: correct them, or allow one "
             "more by logon_attempts",
             at);
}

bool logon_turn_start(struct logon_turn *turn, struct credential_ledger *ledger,
                      const struct frame_logon *logon, const struct credential_policy *policy,
                      struct link_failure *failure) {
    *turn = (struct logon_turn){ledger, logon_credential_of(logon), *policy, .open = true};
    turn->place = refusal_place_of(logon, turn->credential);
    const struct link_failure *refusal =
        logon_ledger_refusal(ledger, turn->credential, policy, clock_now());
    if (refusal)
        describe(refusal, failure);
    return !refusal;
}

void logon_turn_end(struct logon_turn *turn) {
    if (turn->begun)
        credential_ledger_end(turn->ledger, turn->credential, clock_now());
    turn->begun = turn->open = false;
    refusal_record_close(&turn->record);
}

/* A logon by a credential that nobody here has accepted lately has begun: what other runs know. */
static enum credential_verdict ask_other_runs(struct logon_turn *turn, int64_t now,
                                              struct link_failure *failure) {
    char at[REFUSAL_TIME_LIMIT];
    if (!refusal_record_take(&turn->record, &turn->place)) {
        if (!turn->held_back_since)
            turn->held_back_since = now;
        return now - turn->held_back_since < OTHER_RUN_MILLISECONDS ? CREDENTIAL_LATER
                                                                    : CREDENTIAL_NOW;
    }
    if (refusal_record_count(&turn->record, turn->policy.retry_after, at) < turn->policy.attempts)
        return CREDENTIAL_NOW;
    refusal_record_close(&turn->record);
    describe_other_run(at, failure);
    return CREDENTIAL_REFUSED;
}

static void log_on(const struct logon_turn *turn, struct link *link, int64_t now) {
    link_log_on(link, logon_ledger_ticket(turn->ledger, turn->credential, clock_now()), now);
}

/* Somebody has asked to log on. */
static bool ask(struct logon_turn *turn, struct link *link, int64_t now,
                struct link_failure *failure) {
    int64_t steady = clock_now();
    if (turn->begun) { /* a second step of the same logon */
        log_on(turn, link, now);
        return true;
    }
    enum credential_verdict verdict = credential_ledger_begin(
        turn->ledger, turn->credential, &turn->policy, steady, steady + link_timeout(link));
    if (verdict == CREDENTIAL_REFUSED)
        describe(logon_ledger_refusal(turn->ledger, turn->credential, &turn->policy, steady),
                 failure);
    if (verdict == CREDENTIAL_FIRST) {
        verdict = ask_other_runs(turn, steady, failure);
        if (verdict != CREDENTIAL_NOW)
            credential_ledger_end(turn->ledger, turn->credential, clock_now());
    }
    if (verdict == CREDENTIAL_NOW) {
        turn->begun = true;
        log_on(turn, link, now);
    }
    return verdict != CREDENTIAL_REFUSED;
}

static void keep_ticket(const struct logon_turn *turn, const struct link *link) {
    logon_ledger_keep_ticket(turn->ledger, turn->credential, link_ticket(link), clock_now());
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
        keep_ticket(turn, link);
        logon_ledger_accept(turn->ledger, turn->credential, clock_now());
        refusal_record_clear(&turn->record);
        logon_turn_end(turn);
        return true;
    case LINK_FAILED:
        keep_ticket(turn, link);
        logon_ledger_fail(turn->ledger, turn->credential, link_failure(link), clock_now());
        if (link_failure(link)->refused)
            refusal_record_add(&turn->record, turn->policy.retry_after);
        logon_turn_end(turn);
        return true;
    default:
        return true;
    }
}
