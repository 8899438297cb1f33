/* A mock netapi32.dll: its four enumerations over canned data, in pages, and on demand as
 * no honest server does. It is asked as spec/lab/double.py is: behind a semicolon in a qualifier,
 * or in the user that the other calls filter by, may stand
 *
 *     total=N         claim this total
 *     stuck           a resume handle that never moves
 *     circle=N        resume handles that come round again after N pages
 *     status=N[@PAGE] this status, from that page (1) on
 *     hang            no answer, until the specs let go
 *     delay=S         seconds to wait before an answer
 *     endless=N       pages without end, of N entries each, whose resume handles move on
 *     levels=N,N,..   no other level is known
 *     counted         entries that are counted, but no buffer
 *
 * A call without a filter is known by its resume handle: oddities[n] for 0xF0000000 + n.
 *
 * The servers are "double", which is this computer too, and "big"; "closed", "gone" and "nowhere",
 * which answer as a server that does not listen, whose server service ended, and that is not there;
 * "silent", which never answers; "taken" and "slow", whose IPC$ somebody has and whose logon hangs.
 */
#include <stdlib.h>
#include <string.h>
#include <windows.h>
/* after windows.h */
#include <lm.h>

#include "datasets.h"
#include "sessions.h"
#include "witness.h"

struct request {
    enum kind kind;
    const wchar_t *servername;
    const wchar_t *filters[2];
    DWORD level, prefmaxlen, start;
    BYTE **buffer;
    DWORD *read, *total;
};

/* The value of an option, "" if it has none, or NULL. */
static const wchar_t *option(const wchar_t *options, const wchar_t *name) {
    size_t length = wcslen(name);
    while (options) {
        options += *options == L';';
        if (wcsncmp(options, name, length) == 0 && wcschr(L";=", options[length]))
            return options + length + (options[length] == L'=');
        options = wcschr(options, L';');
    }
    return NULL;
}

static DWORD number(const wchar_t *options, const wchar_t *name, DWORD otherwise) {
    const wchar_t *value = option(options, name);
    return value ? wcstoul(value, NULL, 0) : otherwise;
}

/* Whether a list of numbers with commas, up to the next option, has this one. */
static bool has_number(const wchar_t *list, DWORD wanted) {
    while (*list && *list != L';') {
        wchar_t *end;
        if (wcstoul(list, &end, 10) == wanted && end > list)
            return true;
        list = *end == L',' ? end + 1 : wcspbrk(list, L",;");
        if (!list)
            return false;
        list += *list == L',';
    }
    return false;
}

static size_t text_size(const wchar_t *text) {
    return text ? (wcslen(text) + 1) * sizeof(wchar_t) : 0;
}

static size_t strings_size(const struct row *row) {
    return text_size(row->username) + text_size(row->name) + text_size(row->pathname) +
           text_size(row->remark) + 64 * sizeof(wchar_t);
}

/* Copies a text to the place behind the structures, as netapi32 lays them out. */
static wchar_t *put(wchar_t **place, const wchar_t *text) {
    if (!text)
        return NULL;
    wchar_t *put_at = *place;
    *place += wcslen(wcscpy(put_at, text)) + 1;
    return put_at;
}

#define PUT(text) put(place, text)

static void pack_connection(DWORD level, void *to, const struct row *row, wchar_t **place) {
    if (level == 0)
        *(CONNECTION_INFO_0 *)to = (CONNECTION_INFO_0){row->id};
    else
        *(CONNECTION_INFO_1 *)to =
            (CONNECTION_INFO_1){row->id,   row->type,          row->num_opens, row->num_users,
                                row->time, PUT(row->username), PUT(row->name)};
}

static void pack_session(DWORD level, void *to, const struct row *row, wchar_t **place) {
    SESSION_INFO_502 all = {.sesi502_cname = PUT(row->name),
                            .sesi502_username = PUT(row->username),
                            .sesi502_num_opens = row->num_opens,
                            .sesi502_time = row->time,
                            .sesi502_idle_time = row->idle_time,
                            .sesi502_cltype_name = PUT(L"Windows 10.0"),
                            .sesi502_transport = PUT(L"\\Device\\NetBT")};
    if (level == 0)
        *(SESSION_INFO_0 *)to = (SESSION_INFO_0){all.sesi502_cname};
    else if (level == 1)
        *(SESSION_INFO_1 *)to = (SESSION_INFO_1){.sesi1_cname = all.sesi502_cname,
                                                 .sesi1_username = all.sesi502_username,
                                                 .sesi1_num_opens = all.sesi502_num_opens,
                                                 .sesi1_time = all.sesi502_time,
                                                 .sesi1_idle_time = all.sesi502_idle_time};
    else if (level == 2)
        *(SESSION_INFO_2 *)to = (SESSION_INFO_2){.sesi2_cname = all.sesi502_cname,
                                                 .sesi2_username = all.sesi502_username,
                                                 .sesi2_num_opens = all.sesi502_num_opens,
                                                 .sesi2_time = all.sesi502_time,
                                                 .sesi2_idle_time = all.sesi502_idle_time,
                                                 .sesi2_cltype_name = all.sesi502_cltype_name};
    else if (level == 10)
        *(SESSION_INFO_10 *)to = (SESSION_INFO_10){all.sesi502_cname, all.sesi502_username,
                                                   all.sesi502_time, all.sesi502_idle_time};
    else
        *(SESSION_INFO_502 *)to = all;
}

static void pack_file(DWORD level, void *to, const struct row *row, wchar_t **place) {
    if (level == 2)
        *(FILE_INFO_2 *)to = (FILE_INFO_2){row->id};
    else
        *(FILE_INFO_3 *)to = (FILE_INFO_3){row->id, row->permissions, row->num_locks,
                                           PUT(row->pathname), PUT(row->username)};
}

static void pack_share(DWORD level, void *to, const struct row *row, wchar_t **place) {
    if (level == 0)
        *(SHARE_INFO_0 *)to = (SHARE_INFO_0){PUT(row->name)};
    else if (level == 1)
        *(SHARE_INFO_1 *)to = (SHARE_INFO_1){PUT(row->name), row->type, PUT(row->remark)};
    else if (level == 501)
        *(SHARE_INFO_501 *)to = (SHARE_INFO_501){PUT(row->name), row->type, PUT(row->remark), 0x30};
    else
        *(SHARE_INFO_2 *)to = (SHARE_INFO_2){.shi2_netname = PUT(row->name),
                                             .shi2_type = row->type,
                                             .shi2_remark = PUT(row->remark),
                                             .shi2_max_uses = 0xFFFFFFFF,
                                             .shi2_current_uses = 2,
                                             .shi2_path = PUT(row->pathname),
                                             .shi2_passwd = PUT(L"")};
}

static void pack_logon(DWORD level, void *to, const struct row *row, wchar_t **place) {
    if (level == 0)
        *(WKSTA_USER_INFO_0 *)to = (WKSTA_USER_INFO_0){PUT(row->username)};
    else
        *(WKSTA_USER_INFO_1 *)to = (WKSTA_USER_INFO_1){PUT(row->username), PUT(row->name),
                                                       PUT(row->pathname), PUT(row->remark)};
}

static const struct {
    enum kind kind;
    DWORD level;
    size_t size;
    void (*pack)(DWORD level, void *to, const struct row *row, wchar_t **place);
} levels[] = {
    {CONNECTIONS, 0, sizeof(CONNECTION_INFO_0), pack_connection},
    {CONNECTIONS, 1, sizeof(CONNECTION_INFO_1), pack_connection},
    {SESSIONS, 0, sizeof(SESSION_INFO_0), pack_session},
    {SESSIONS, 1, sizeof(SESSION_INFO_1), pack_session},
    {SESSIONS, 2, sizeof(SESSION_INFO_2), pack_session},
    {SESSIONS, 10, sizeof(SESSION_INFO_10), pack_session},
    {SESSIONS, 502, sizeof(SESSION_INFO_502), pack_session},
    {FILES, 2, sizeof(FILE_INFO_2), pack_file},
    {FILES, 3, sizeof(FILE_INFO_3), pack_file},
    {SHARES, 0, sizeof(SHARE_INFO_0), pack_share},
    {SHARES, 1, sizeof(SHARE_INFO_1), pack_share},
    {SHARES, 2, sizeof(SHARE_INFO_2), pack_share},
    {SHARES, 501, sizeof(SHARE_INFO_501), pack_share},
    {LOGONS, 0, sizeof(WKSTA_USER_INFO_0), pack_logon},
    {LOGONS, 1, sizeof(WKSTA_USER_INFO_1), pack_logon},
};

static BYTE *pack(const struct request *request, size_t level, const struct selection *selection,
                  size_t start, size_t count) {
    size_t size = levels[level].size * count + sizeof(void *);
    for (size_t i = 0; i < count; i++) {
        struct row row = dataset_row(selection, start + i);
        size += strings_size(&row);
    }
    BYTE *buffer = witness_allocate(size);
    wchar_t *place = (wchar_t *)(void *)(buffer + levels[level].size * count);
    for (size_t i = 0; buffer && i < count; i++) {
        struct row row = dataset_row(selection, start + i);
        levels[level].pack(request->level, buffer + i * levels[level].size, &row, &place);
    }
    return buffer;
}

static DWORD status_of_server(const struct request *request) {
    const wchar_t *name = request->servername;
    DWORD status = status_of_reaching(name);
    if (status != NERR_Success)
        return status;
    if (name && _wcsicmp(name, L"\\\\gone") == 0)
        return ERROR_NETNAME_DELETED;
    if (name && _wcsicmp(name, L"\\\\silent") == 0)
        witness_hang();
    return request->kind != SHARES && session_is_of(name, L"alice") ? ERROR_ACCESS_DENIED
                                                                    : NERR_Success;
}

/* The answer's status; `*handle` is where the next page begins. */
static DWORD answer(const struct request *request, const wchar_t *options,
                    const wchar_t *const filters[2], DWORD *handle) {
    struct selection selection;
    size_t level = 0, start = request->start;
    while (level < sizeof levels / sizeof *levels &&
           (levels[level].kind != request->kind || levels[level].level != request->level))
        level++;
    bool big = request->servername && wcscmp(request->servername, L"\\\\big") == 0;
    if (!dataset_select(big, request->kind, filters, &selection))
        return NERR_NetNameNotFound;
    const wchar_t *known = option(options, L"levels");
    if (level == sizeof levels / sizeof *levels || (known && !has_number(known, request->level)))
        return ERROR_INVALID_LEVEL;
    size_t room = request->prefmaxlen / selection.entry_size;
    const wchar_t *status = option(options, L"status");
    const wchar_t *page = status ? wcschr(status, L'@') : NULL;
    if (status && (!page || (room && start / room + 1 >= wcstoul(page + 1, NULL, 10))))
        return wcstoul(status, NULL, 10);
    DWORD circle = number(options, L"circle", 0);
    if (circle)
        start %= circle;
    bool endless = option(options, L"endless");
    size_t each = number(options, L"endless", 0);
    size_t first = endless ? 0 : start;
    size_t left = first < selection.count ? selection.count - first : 0;
    size_t fitting = endless ? each : room;
    size_t count = left < fitting ? left : fitting;
    if (count == 0 && left > 0 && !endless)
        return NERR_BufTooSmall;
    bool more = endless || count < left;
    *handle = more ? (DWORD)(endless || circle ? start + 1 : start + count) : 0;
    if (option(options, L"stuck")) {
        more = true;
        *handle = 1;
    }
    *request->read = (DWORD)count;
    *request->total = number(options, L"total", (DWORD)left);
    if (!option(options, L"counted"))
        *request->buffer = pack(request, level, &selection, first, count);
    return more ? ERROR_MORE_DATA : NERR_Success;
}

static void tell_witness(const struct request *request) {
    struct last_call call = {.called = true,
                             .local = !request->servername,
                             .level = request->level,
                             .prefmaxlen = request->prefmaxlen,
                             .resume_handle = request->start};
    if (request->servername)
        wcsncpy(call.servername, request->servername, 63);
    for (int i = 0; i < 2; i++)
        if (request->filters[i]) {
            call.has_filter[i] = true;
            wcsncpy(call.filters[i], request->filters[i], 63);
        }
    witness_call(&call);
}

/* With the call's options, and its filters without them. */
static DWORD enumerate_with(const struct request *request, const wchar_t *options,
                            const wchar_t *const filters[2], DWORD *handle) {
    tell_witness(request);
    witness_enter();
    if (option(options, L"hang"))
        witness_hang();
    const wchar_t *delay = option(options, L"delay");
    Sleep(delay ? (DWORD)(1000 * wcstod(delay, NULL)) : 0);
    DWORD status = status_of_server(request);
    if (status == NERR_Success)
        status = answer(request, options, filters, handle);
    witness_leave();
    return status;
}

static DWORD enumerate(const struct request *request, DWORD *handle) {
    wchar_t last[1024] = L"";
    const wchar_t *filters[2] = {request->filters[0], request->filters[1]};
    int with_options = request->kind == CONNECTIONS ? 0 : 1;
    if (filters[with_options]) {
        wcsncpy(last, filters[with_options], 1023);
        filters[with_options] = last;
    }
    wchar_t *options = wcschr(last, L';');
    if (options)
        *options++ = 0;
    return enumerate_with(request, options, filters, handle);
}

/* In the order of spec/lab/double.py, which also has some that damage bytes on the wire. One that
 * was asked for holds for the pages that follow, in a test that makes no other calls meanwhile. */
static const wchar_t *const oddities[] = {L"stuck", L"circle=2", L"status=87", NULL,
                                          NULL,     NULL,        L"hang",      NULL};
#define FIRST_ODDITY 0xF0000000

static DWORD enumerate_all(struct request *request, DWORD *handle) {
    static const wchar_t *volatile chosen;
    if (request->start >= FIRST_ODDITY) {
        chosen = oddities[(request->start - FIRST_ODDITY) & 7];
        request->start = 0;
    } else if (request->start == 0) {
        chosen = NULL;
    }
    return enumerate_with(request, chosen, request->filters, handle);
}

NET_API_STATUS WINAPI NetConnectionEnum(LMSTR server, LMSTR qualifier, DWORD level, LPBYTE *buffer,
                                        DWORD prefmaxlen, LPDWORD read, LPDWORD total,
                                        LPDWORD handle) {
    const struct request request = {
        CONNECTIONS, server, {qualifier, NULL}, level, prefmaxlen, *handle, buffer, read, total};
    return enumerate(&request, handle);
}

NET_API_STATUS WINAPI NetSessionEnum(LMSTR server, LMSTR client, LMSTR user, DWORD level,
                                     LPBYTE *buffer, DWORD prefmaxlen, LPDWORD read, LPDWORD total,
                                     LPDWORD handle) {
    const struct request request = {SESSIONS, server, {client, user}, level, prefmaxlen,
                                    *handle,  buffer, read,           total};
    return enumerate(&request, handle);
}

NET_API_STATUS WINAPI NetFileEnum(LMSTR server, LMSTR path, LMSTR user, DWORD level, LPBYTE *buffer,
                                  DWORD prefmaxlen, LPDWORD read, LPDWORD total,
                                  PDWORD_PTR handle) {
    DWORD next = (DWORD)*handle;
    const struct request request = {FILES, server, {path, user}, level, prefmaxlen,
                                    next,  buffer, read,         total};
    DWORD status = enumerate(&request, &next);
    *handle = next;
    return status;
}

NET_API_STATUS WINAPI NetShareEnum(LMSTR server, DWORD level, LPBYTE *buffer, DWORD prefmaxlen,
                                   LPDWORD read, LPDWORD total, LPDWORD handle) {
    struct request request = {SHARES,  server, {NULL, NULL}, level, prefmaxlen,
                              *handle, buffer, read,         total};
    return enumerate_all(&request, handle);
}

NET_API_STATUS WINAPI NetWkstaUserEnum(LMSTR server, DWORD level, LPBYTE *buffer, DWORD prefmaxlen,
                                       LPDWORD read, LPDWORD total, LPDWORD handle) {
    struct request request = {LOGONS,  server, {NULL, NULL}, level, prefmaxlen,
                              *handle, buffer, read,         total};
    return enumerate_all(&request, handle);
}

/* Nothing of the canned data is ever gone. */
static DWORD close_it(struct last_call *call, LMSTR server) {
    const struct request request = {.servername = server};
    call->called = true;
    call->local = !server;
    if (server)
        wcsncpy(call->servername, server, 63);
    witness_call(call);
    return status_of_server(&request);
}

NET_API_STATUS WINAPI NetSessionDel(LMSTR server, LMSTR client, LMSTR user) {
    struct last_call call = {.has_filter = {client != NULL, user != NULL}};
    if (client)
        wcsncpy(call.filters[0], client, 63);
    if (user)
        wcsncpy(call.filters[1], user, 63);
    DWORD status = close_it(&call, server);
    return status == NERR_Success && user && wcscmp(user, L"nobody") == 0 ? NERR_UserNotFound
                                                                          : status;
}

NET_API_STATUS WINAPI NetFileClose(LMSTR server, DWORD id) {
    struct last_call call = {.id = id};
    return close_it(&call, server);
}

NET_API_STATUS WINAPI NetApiBufferFree(LPVOID buffer) {
    witness_free(buffer);
    return NERR_Success;
}
