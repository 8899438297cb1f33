/* The floor: what libcurl takes for the sessions of so many users, with nothing of ours around it.
 * With "decode" lua-cjson decodes each body, with settings as ours, and what comes of it is
 * dropped. With "rows" the answer is read as ours is, all digits of numbers kept and fields
 * checked, and each row is looked at: what is left out is users' names, retries, and the iterator.
 *
 *     transfers PORT USERS discard|decode|rows      the rest is in LAB_CLOUD_* */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "binding/on_wait.h"
#include "workspace/lua_answer.h"

#define CONCURRENCY 32
#define BODY_LIMIT 65536
#define EVENTS_AT_ONCE 64

#define ROWS_A_USER 2

/* Places on the stack of Lua. */
enum { WAITER = 1, DECODE, FIELDS, KEPT = FIELDS };

struct query {
    CURL *easy;
    size_t length;
    char body[BODY_LIMIT];
};

static struct query queries[CONCURRENCY];
static CURLM *multi;
static lua_State *L; /* NULL: bodies are discarded */
static bool makes_rows;
static int sockets;
static long wanted_in = -1;
static int users, asked, answered;

static void fail(const char *what) {
    fprintf(stderr, "transfers: %s\n", what);
    exit(EXIT_FAILURE);
}

static void open_lua(void) {
    L = luaL_newstate();
    luaL_openlibs(L);
    memset(lua_newuserdatauv(L, sizeof(struct waiter), 0), 0, sizeof(struct waiter));
    if (luaL_dostring(L,
                      "local json = require 'cjson'.new()\n"
                      "json.decode_invalid_numbers(false)\n"
                      "local fields = {}\n"
                      "for _, name in ipairs(require 'rollcall.workspace.session'.fields) do\n"
                      "  fields[name] = true\n"
                      "end\n"
                      "return json.decode, fields"))
        fail(lua_tostring(L, -1));
}

static size_t on_body(char *bytes, size_t unit, size_t count, void *context) {
    struct query *query = context;
    size_t length = unit * count;
    if (L) {
        if (length > BODY_LIMIT - query->length)
            return 0;
        memcpy(query->body + query->length, bytes, length);
    }
    query->length += length;
    return length;
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *known) {
    (void)easy, (void)context;
    struct epoll_event event = {.data.fd = socket};
    event.events = (what != CURL_POLL_OUT ? EPOLLIN : 0U) | (what != CURL_POLL_IN ? EPOLLOUT : 0U);
    int operation = what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL
                    : known                  ? EPOLL_CTL_MOD
                                             : EPOLL_CTL_ADD;
    curl_multi_assign(multi, socket, multi);
    return epoll_ctl(sockets, operation, socket, &event);
}

static int on_timer(CURLM *of, long milliseconds, void *context) {
    (void)of, (void)context;
    wanted_in = milliseconds;
    return 0;
}

static void ask(struct query *query) {
    char target[256];
    snprintf(target, sizeof target, "/v1/%s/session/user-session-info?user_name=user%d",
             getenv("LAB_CLOUD_PROJECT"), ++asked);
    query->length = 0;
    curl_easy_setopt(query->easy, CURLOPT_REQUEST_TARGET, target);
    if (curl_multi_add_handle(multi, query->easy) != CURLM_OK)
        fail("no transfer");
}

static void decode(const struct query *query) {
    lua_pushvalue(L, DECODE);
    lua_pushlstring(L, query->body, query->length);
    if (lua_pcall(L, 1, 1, 0) || !lua_istable(L, -1))
        fail("no JSON");
}

static void make_rows(struct query *query) {
    struct transfer transfer = {.body = query->body, .body_length = query->length};
    lua_Integer count;
    if (answer_push_object(L, DECODE, &transfer) ||
        answer_push_rows(L, KEPT + 1, "session_info_list", FIELDS, &count) || count != ROWS_A_USER)
        fail("no sessions");
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, KEPT + 2, i);
        if (lua_getfield(L, -1, "login_user") != LUA_TSTRING)
            fail("a session without a user");
    }
}

static void take_answer(struct query *query) {
    long status = 0;
    curl_easy_getinfo(query->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 || query->length == 0)
        fail("no answer");
    answered++;
    if (!L)
        return;
    if (makes_rows)
        make_rows(query);
    else
        decode(query);
    lua_settop(L, KEPT);
}

static void take_finished(void) {
    int left;
    const CURLMsg *message;
    struct query *query;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->data.result != CURLE_OK)
            fail(curl_easy_strerror(message->data.result));
        CURL *easy = message->easy_handle;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&query);
        curl_multi_remove_handle(multi, easy);
        take_answer(query);
        /* Whether there are streams, the first answer tells. */
        for (int i = 0; answered == 1 && i < CONCURRENCY && asked < users; i++)
            if (queries[i].easy != easy)
                ask(&queries[i]);
        if (asked < users)
            ask(query);
    }
}

static void wait_and_act(void) {
    struct epoll_event events[EVENTS_AT_ONCE];
    int running;
    int count = epoll_wait(sockets, events, EVENTS_AT_ONCE, (int)wanted_in);
    for (int i = 0; i < count; i++)
        curl_multi_socket_action(multi, events[i].data.fd,
                                 (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                                     (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0),
                                 &running);
    if (wanted_in == 0 || count == 0) {
        wanted_in = -1;
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    take_finished();
}

int main(int argc, char **argv) {
    char url[64], token[256];
    if (argc != 4)
        return EXIT_FAILURE;
    users = atoi(argv[2]);
    makes_rows = strcmp(argv[3], "rows") == 0;
    if (makes_rows || strcmp(argv[3], "decode") == 0)
        open_lua();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    sockets = epoll_create1(EPOLL_CLOEXEC);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)CONCURRENCY + 1);
    snprintf(url, sizeof url, "https://127.0.0.1:%s", argv[1]);
    CURLU *parsed = curl_url();
    curl_url_set(parsed, CURLUPART_URL, url, 0);
    snprintf(token, sizeof token, "X-Auth-Token: %s", getenv("LAB_CLOUD_TOKEN"));
    struct curl_slist *headers = curl_slist_append(NULL, token);
    for (int i = 0; i < CONCURRENCY; i++) {
        CURL *easy = queries[i].easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_PRIVATE, &queries[i]);
        curl_easy_setopt(easy, CURLOPT_CURLU, parsed);
        curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("LAB_CLOUD_CA_FILE"));
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4096L);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &queries[i]);
    }
    ask(&queries[0]);
    while (answered < users)
        wait_and_act();
    return EXIT_SUCCESS;
}
