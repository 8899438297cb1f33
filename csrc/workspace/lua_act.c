#include "workspace/lua_act.h"

#include "workspace/lua_post.h"

#define IS_SUCCESS(status) ((status) >= 200 && (status) < 300)

/* [-0, +1, e] An answer of success has no field that is documented, but may be a failure's. */
static int check_answer(lua_State *L, struct post *post, int object, struct http_failure *failure,
                        const struct answer_problem *problem) {
    (void)problem;
    bool says_failure =
        lua_istable(L, object) && answer_read_failure(L, object, failure, &post->secrets);
    if (IS_SUCCESS(failure->status) && !says_failure) {
        lua_pushboolean(L, true);
        return 1;
    }
    if (post->request.transfer.result != CURLE_OK)
        failure->stage = "request";
    http_failure_name_action(failure, post->action);
    post_fail(L, post, failure);
    return 0;
}

static void act(lua_State *L) {
    static const struct post_kind kind = {
        .stage = "answer",
        .content_type = "application/json",
        .acts = true,
        .push_results = check_answer,
    };
    post_send(L, &kind);
}

const struct service_door service_door = {SERVICE_DOOR_VERSION, act};
