/* What comes of a query's requests: sessions, failures, another attempt. */
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "workspace/lua_answer.h"
#include "workspace/lua_failure.h"
#include "workspace/lua_session_state.h"

#define SUCCESS 200
#define UNAUTHORIZED 401
#define FORBIDDEN 403
#define TOO_MANY_REQUESTS 429

/* [-0, +1, -] Pushes the name of the slot's user, or nil. */
static void push_user_name(lua_State *L, const struct session_query *query,
                           const struct slot *slot) {
    lua_getiuservalue(L, 1, TARGETS);
    lua_rawgeti(L, -1, session_slot_place(query, slot));
    lua_remove(L, -2);
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
}

/* [-0, +0, -] */
static void release(struct session_query *query, struct slot *slot) {
    slot->active = false;
    slot->request.state = REQUEST_IDLE;
    transfer_trim(&slot->request.transfer);
    query->active--;
}

/* [-0, +0, e] Gives the slot's failure to on_error, or raises it. A refusal of the credentials is
 * raised in any case, since it is not about this user and no other would fare better. */
static void fail(lua_State *L, struct session_query *query, struct slot *slot,
                 const struct http_failure *failure) {
    push_user_name(L, query, slot);
    http_failure_push(L, failure, query->base_url);
    release(query, slot);
    query->unanswered = true;
    if (failure->status == UNAUTHORIZED || !session_query_push_argument(L, "on_error")) {
        if (failure->status != UNAUTHORIZED)
            lua_pop(L, 1);
        session_query_end(query);
        lua_error(L);
    }
    lua_insert(L, -2);
    session_query_call_back(L, query, 1, 0);
}

/* [-0, +0, e] Whether a request that was refused may be sent again with another token. */
static bool can_ask_again(lua_State *L, struct session_query *query, struct slot *slot) {
    if (!query->can_renew)
        return false;
    if (slot->generation == query->generation) {
        if (query->renewed)
            return false;
        session_slot_renew_token(L, query, true);
        query->renewed = true;
    }
    slot->request.state = REQUEST_DUE;
    slot->request.due = session_query_now(query);
    return true;
}

/* [-0, +0, e] Makes the list in the object at `object` the answer about the slot's user. */
static const struct answer_problem *take_rows(lua_State *L, struct session_query *query,
                                              struct slot *slot, int object) {
    lua_Integer count;
    lua_getiuservalue(L, 1, FIELDS);
    const struct answer_problem *problem =
        answer_push_rows(L, object, query->list_name, object + 1, &count);
    if (problem)
        return problem;
    lua_setiuservalue(L, 1, ROWS);
    push_user_name(L, query, slot);
    lua_setiuservalue(L, 1, USER_NAME);
    query->row = 0;
    query->has_rows = true;
    release(query, slot);
    if (query->tells_answers) {
        session_query_push_argument(L, "on_answer");
        push_user_name(L, query, slot);
        lua_pushinteger(L, count);
        lua_getfield(L, object, "count");
        session_query_call_back(L, query, 3, 0);
    }
    return NULL;
}

/* [-0, +0, e] The credentials of the answer's request were not refused. */
static void note_acceptance(struct session_query *query, const struct slot *slot, long status) {
    if (status >= 500)
        return;
    query->proven = true;
    query->renewed = query->renewed && slot->generation != query->generation;
}

/* [-0, +0, e] Describes the failure that an answer is, with what its body says. The object at
 * `object` is nil if there is a problem with it. */
static void describe(lua_State *L, const struct session_query *query, const struct slot *slot,
                     int object, const struct answer_problem *problem,
                     struct http_failure *failure) {
    http_failure_describe(failure, "answer", &slot->request.transfer, &query->secrets);
    if (problem && failure->status == SUCCESS)
        http_failure_set(failure, problem->code, problem->message);
    if (lua_istable(L, object))
        answer_read_failure(L, object, failure, &query->secrets);
    size_t length = strlen(failure->message);
    if (failure->status == FORBIDDEN)
        snprintf(failure->message + length, sizeof failure->message - length,
                 "; it takes the IAM action %s", query->action);
}

/* [-0, +0, e] The answer came whole. */
static void take_answer(lua_State *L, struct session_query *query, struct slot *slot, long status) {
    struct http_failure failure;
    int top = lua_gettop(L);
    note_acceptance(query, slot, status);
    lua_getiuservalue(L, 1, DECODE);
    int object = top + 2;
    const struct answer_problem *problem = answer_push_object(L, top + 1, &slot->request.transfer);
    if (!problem && status == SUCCESS) {
        problem = take_rows(L, query, slot, object);
        if (!problem) {
            lua_settop(L, top);
            return;
        }
    }
    describe(L, query, slot, object, problem, &failure);
    lua_settop(L, top);
    fail(L, query, slot, &failure);
}

void session_outcome_take(lua_State *L, struct session_query *query, struct slot *slot) {
    struct request *request = &slot->request;
    bool whole = request->transfer.result == CURLE_OK;
    long status = whole ? transfer_status(&request->transfer) : 0;
    if (status == UNAUTHORIZED && can_ask_again(L, query, slot))
        return;
    if (request_again(request, &query->policy, session_query_now(query))) {
        if (status == TOO_MANY_REQUESTS && request->due > query->not_before)
            query->not_before = request->due;
        return;
    }
    if (whole) {
        take_answer(L, query, slot, status);
        return;
    }
    struct http_failure failure;
    http_failure_describe(&failure, "request", &request->transfer, &query->secrets);
    fail(L, query, slot, &failure);
}
