#include "workspace/lua_session_outcome.h"

#include <lauxlib.h>

#include "workspace/lua_answer.h"

#define SUCCESS 200
#define TOO_MANY_REQUESTS 429

/* Calls a function of the caller, with so many arguments on the stack. */
static int call(struct session_query *query, int arguments, struct waiter_wish *wish) {
    query->called = CALLED_BACK;
    wish->arguments = arguments;
    wish->results = 0;
    return WAITER_CALL;
}

static void begin_none_before(struct session_query *query, int64_t time) {
    if (time > query->not_before)
        query->not_before = time;
}

/* [-0, +2, e] Pushes on_error and the slot's failure, or raises that. A refusal of the credentials
 * is raised in any case, since it is not about this user and no other would fare better. */
static int fail(lua_State *L, struct session_query *query, struct query_slot *slot,
                const struct http_failure *failure, struct waiter_wish *wish) {
    bool reported = session_query_push_argument(L, "on_error") && !http_failure_is_refusal(failure);
    credential_use_fail(&query->credentials, slot->tried, failure);
    begin_none_before(query, session_query_now(query) + credential_use_pause(&query->credentials));
    session_slot_push_failure(L, query, slot, failure);
    return reported ? call(query, 1, wish) : session_slot_raise(L, query);
}

/* Whether a request that was refused is sent again with another token. */
static bool can_ask_again(struct session_query *query, struct query_slot *slot) {
    if (!query->can_renew)
        return false;
    if (slot->generation == query->generation && !query->token_refused) {
        if (query->renewed)
            return false;
        query->token_refused = query->renewed = true;
    }
    slot->request.due = session_query_now(query);
    return true;
}

/* The credentials were looked at and found good. Who answers with anything but a list, a proxy or a
 * gateway that knows no such path, may not have looked. */
static void note_acceptance(struct session_query *query, const struct query_slot *slot) {
    credential_use_accept(&query->credentials, slot->tried);
    query->renewed = query->renewed && slot->generation != query->generation;
}

/* [-0, +n, e] Makes the list in the object at `object` the answer about the slot's user. */
static const struct answer_problem *take_rows(lua_State *L, struct session_query *query,
                                              struct query_slot *slot, int object,
                                              lua_Integer *count) {
    lua_getiuservalue(L, 1, FIELDS);
    const struct answer_problem *problem =
        answer_push_rows(L, object, query->list_name, object + 1, count);
    if (problem)
        return problem;
    lua_setiuservalue(L, 1, ROWS);
    session_slot_push_user(L, query, slot);
    lua_setiuservalue(L, 1, USER_NAME);
    query->row = 0;
    query->has_rows = true;
    note_acceptance(query, slot);
    session_slot_release(query, slot);
    return NULL;
}

/* [-(above top), +(0|4), e] Pushes on_answer, where there is one, and its arguments. */
static int tell_answer(lua_State *L, struct session_query *query, int top, int object,
                       lua_Integer count, struct waiter_wish *wish) {
    if (!query->tells_answers) {
        lua_settop(L, top);
        return WAITER_WAIT;
    }
    session_query_push_argument(L, "on_answer");
    lua_getiuservalue(L, 1, USER_NAME);
    lua_pushinteger(L, count);
    lua_getfield(L, object, "count");
    lua_rotate(L, top + 1, 4);
    lua_settop(L, top + 4);
    return call(query, 3, wish);
}

/* [-0, +0, e] Describes the failure that an answer is, with what its body says. The object at
 * `object` is nil if there is a problem with it. */
static void describe(lua_State *L, const struct session_query *query, const struct query_slot *slot,
                     int object, const struct answer_problem *problem,
                     struct http_failure *failure) {
    http_failure_describe(failure, "answer", &slot->request.transfer, &query->secrets);
    if (problem && failure->status == SUCCESS)
        http_failure_set(failure, problem->code, problem->message);
    if (lua_istable(L, object))
        answer_read_failure(L, object, failure, &query->secrets);
    http_failure_name_action(failure, query->action);
}

/* [-0, +(0|n), e] The answer came whole. */
static int take_answer(lua_State *L, struct session_query *query, struct query_slot *slot,
                       long status, struct waiter_wish *wish) {
    struct http_failure failure;
    int top = lua_gettop(L);
    lua_getiuservalue(L, 1, DECODE);
    int object = top + 2;
    const struct answer_problem *problem = answer_push_object(L, top + 1, &slot->request.transfer);
    if (!problem && status == SUCCESS) {
        lua_Integer count;
        problem = take_rows(L, query, slot, object, &count);
        if (!problem)
            return tell_answer(L, query, top, object, count, wish);
    }
    describe(L, query, slot, object, problem, &failure);
    lua_settop(L, top);
    if (http_failure_is_refusal(&failure) && can_ask_again(query, slot)) {
        credential_use_end(&query->credentials, &slot->tried);
        return WAITER_WAIT;
    }
    return fail(L, query, slot, &failure, wish);
}

int session_outcome_take(lua_State *L, struct session_query *query, struct query_slot *slot,
                         struct waiter_wish *wish) {
    struct request *request = &slot->request;
    bool whole = request->transfer.result == CURLE_OK;
    long status = whole ? transfer_status(&request->transfer) : 0;
    if (request_again(request, &query->policy, session_query_now(query))) {
        credential_use_end(&query->credentials, &slot->tried);
        if (status == TOO_MANY_REQUESTS)
            begin_none_before(query, request->due);
        return WAITER_WAIT;
    }
    if (whole)
        return take_answer(L, query, slot, status, wish);
    struct http_failure failure;
    http_failure_describe(&failure, "request", &request->transfer, &query->secrets);
    return fail(L, query, slot, &failure, wish);
}
