#include "rpc/srvsvc.h"

#include <string.h>

/* 4b324fc8-1670-01d3-1278-5a47bf6ee188, version 3.0 */
const struct dcerpc_syntax srvsvc_interface = {{0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16, 0xd3, 0x01,
                                                0x12, 0x78, 0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88},
                                               3};

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LEVEL(number, fields)                                                                      \
    { number, COUNT(fields), fields }

#define U(name)                                                                                    \
    { name, SRVSVC_UINT32 }
#define S(name)                                                                                    \
    { name, SRVSVC_STRING }

/* CONNECTION_INFO_n */
static const struct srvsvc_field connection_0[] = {U("id")};
static const struct srvsvc_field connection_1[] = {
    U("id"), U("type"), U("num_opens"), U("num_users"), U("time"), S("username"), S("netname")};
static const struct srvsvc_level connection_levels[] = {LEVEL(1, connection_1),
                                                        LEVEL(0, connection_0)};

/* FILE_INFO_n */
static const struct srvsvc_field file_2[] = {U("id")};
static const struct srvsvc_field file_3[] = {U("id"), U("permissions"), U("num_locks"),
                                             S("pathname"), S("username")};
static const struct srvsvc_level file_levels[] = {LEVEL(3, file_3), LEVEL(2, file_2)};

/* SESSION_INFO_n */
static const struct srvsvc_field session_0[] = {S("cname")};
static const struct srvsvc_field session_1[] = {S("cname"), S("username"),  U("num_opens"),
                                                U("time"),  U("idle_time"), U("user_flags")};
static const struct srvsvc_field session_2[] = {S("cname"),      S("username"),  U("num_opens"),
                                                U("time"),       U("idle_time"), U("user_flags"),
                                                S("cltype_name")};
static const struct srvsvc_field session_10[] = {S("cname"), S("username"), U("time"),
                                                 U("idle_time")};
static const struct srvsvc_field session_502[] = {S("cname"),       S("username"),  U("num_opens"),
                                                  U("time"),        U("idle_time"), U("user_flags"),
                                                  S("cltype_name"), S("transport")};
static const struct srvsvc_level session_levels[] = {LEVEL(502, session_502), LEVEL(2, session_2),
                                                     LEVEL(1, session_1), LEVEL(10, session_10),
                                                     LEVEL(0, session_0)};

/* SHARE_INFO_n */
static const struct srvsvc_field share_0[] = {S("netname")};
static const struct srvsvc_field share_1[] = {S("netname"), U("type"), S("remark")};
static const struct srvsvc_field share_2[] = {S("netname"),     U("type"),     S("remark"),
                                              U("permissions"), U("max_uses"), U("current_uses"),
                                              S("path"),        S("passwd")};
static const struct srvsvc_field share_501[] = {S("netname"), U("type"), S("remark"), U("flags")};
static const struct srvsvc_level share_levels[] = {LEVEL(2, share_2), LEVEL(501, share_501),
                                                   LEVEL(1, share_1), LEVEL(0, share_0)};

const struct srvsvc_call srvsvc_calls[] = {
    {"connections",
     "NetrConnectionEnum",
     "Administrators, Server Operators, Print Operators or Power Users (of a Samba: "
     "Administrators)",
     8,
     1,
     {"qualifier"},
     COUNT(connection_levels),
     connection_levels},
    {"files",
     "NetrFileEnum",
     "Administrators or Server Operators (of a Samba: Administrators)",
     9,
     2,
     {"basepath", "user"},
     COUNT(file_levels),
     file_levels},
    {"sessions",
     "NetrSessionEnum",
     "Administrators or Server Operators (of a Samba: Administrators)",
     12,
     2,
     {"client_name", "user"},
     COUNT(session_levels),
     session_levels},
    {"shares",
     "NetrShareEnum",
     "Administrators, Server Operators, Print Operators or Power Users",
     15,
     0,
     {NULL},
     COUNT(share_levels),
     share_levels},
};
const size_t srvsvc_call_count = COUNT(srvsvc_calls);

const struct srvsvc_call *srvsvc_find_call(const char *name) {
    for (size_t i = 0; i < srvsvc_call_count; i++)
        if (strcmp(srvsvc_calls[i].name, name) == 0)
            return &srvsvc_calls[i];
    return NULL;
}

const struct srvsvc_level *srvsvc_find_level(const struct srvsvc_call *call, uint32_t number) {
    for (size_t i = 0; i < call->level_count; i++)
        if (call->levels[i].number == number)
            return &call->levels[i];
    return NULL;
}

/* NET_API_STATUS NetrXxxEnum(
 *     [in, string, unique] SRVSVC_HANDLE ServerName,
 *     [in, string, unique] WCHAR *filter, ...              -- as many as the call has
 *     [in, out] XXX_ENUM_STRUCT *InfoStruct,               -- Level, and a union of containers
 *     [in] DWORD PreferedMaximumLength,
 *     [out] DWORD *TotalEntries,
 *     [in, out, unique] DWORD *ResumeHandle);
 *
 * A container is { DWORD EntriesRead; [size_is(EntriesRead)] XXX_INFO_n *Buffer; }. */

/* Any number but 0 says that a pointer is not null; Windows counts up from here. */
static void write_referent(struct ndr_writer *writer, uint32_t *referent) {
    ndr_write_uint32(writer, *referent);
    *referent += 4;
}

static bool write_text(struct ndr_writer *writer, const struct srvsvc_text *text,
                       uint32_t *referent) {
    if (!text->utf8) {
        ndr_write_uint32(writer, 0);
        return true;
    }
    write_referent(writer, referent);
    return ndr_write_string(writer, text->utf8, text->length);
}

size_t srvsvc_write_request(const struct srvsvc_request *request, uint8_t *stub, size_t limit) {
    struct ndr_writer writer = {stub, limit, 0};
    uint32_t referent = 0x00020000;
    if (!write_text(&writer, &request->server_name, &referent))
        return 0;
    for (size_t i = 0; i < request->call->filter_count; i++)
        if (!write_text(&writer, &request->filters[i], &referent))
            return 0;
    ndr_write_uint32(&writer, request->level->number);
    ndr_write_uint32(&writer, request->level->number); /* the union's tag */
    write_referent(&writer, &referent);                /* an empty container */
    ndr_write_uint32(&writer, 0);
    ndr_write_uint32(&writer, 0);
    ndr_write_uint32(&writer, request->preferred_maximum_length);
    write_referent(&writer, &referent);
    ndr_write_uint32(&writer, request->resume_handle);
    return writer.offset;
}

/* Takes a number of the entry at `reader`, whose bytes are known to be there. */
static uint32_t next_number(struct ndr_reader *reader) {
    uint32_t number = ndr_uint32_at(reader->bytes + reader->offset);
    reader->offset += 4;
    return number;
}

static const char *check_strings(const struct srvsvc_level *level, struct ndr_reader *fixed,
                                 struct ndr_reader *strings) {
    struct ndr_string string;
    const char *problem = NULL;
    for (size_t i = 0; i < level->field_count && !problem; i++) {
        uint32_t number = next_number(fixed);
        if (level->fields[i].type == SRVSVC_STRING && number != 0)
            problem = ndr_read_string(strings, &string);
    }
    return problem;
}

/* Reads the container's array at `reader`, leaves `page` at its first entry, and `reader` behind
 * its last string. */
static const char *read_array(struct srvsvc_page *page, struct ndr_reader *reader) {
    uint32_t referent, max_count;
    if (!ndr_read_uint32(reader, &page->entries_read) || !ndr_read_uint32(reader, &referent))
        return "a container that runs past the end";
    if (referent == 0)
        return page->entries_read == 0 ? NULL : "entries that are counted but not there";
    if (!ndr_read_uint32(reader, &max_count))
        return "an array's count runs past the end";
    if (max_count != page->entries_read)
        return "an array whose count is not EntriesRead";
    size_t entry_length = 4 * page->level->field_count;
    if ((reader->length - reader->offset) / entry_length < max_count)
        return "more entries counted than there are bytes for";

    page->fixed = *reader;
    reader->offset += entry_length * max_count;
    page->strings = *reader;

    struct ndr_reader fixed = page->fixed;
    const char *problem = NULL;
    for (uint32_t i = 0; i < max_count && !problem; i++)
        problem = check_strings(page->level, &fixed, reader);
    return problem;
}

static const char *read_answer(struct srvsvc_page *page, struct ndr_reader *reader) {
    uint32_t level, tag, container, resume;
    if (!ndr_read_uint32(reader, &level) || !ndr_read_uint32(reader, &tag) ||
        !ndr_read_uint32(reader, &container))
        return "no information structure";
    if (level != page->level->number || tag != level)
        return "another level than was asked for";
    if (container != 0) {
        const char *problem = read_array(page, reader);
        if (problem)
            return problem;
    }
    if (!ndr_read_uint32(reader, &page->total_entries) || !ndr_read_uint32(reader, &resume))
        return "no total";
    page->has_resume_handle = resume != 0;
    if (resume != 0 && !ndr_read_uint32(reader, &page->resume_handle))
        return "no resume handle";
    if (!ndr_read_uint32(reader, &page->status))
        return "no status";
    /* A stub may be padded to 16 bytes. */
    if (reader->length - reader->offset >= 16)
        return "bytes after the end";
    return NULL;
}

static size_t find_field(const struct srvsvc_level *level, const char *name) {
    for (size_t i = 0; i < level->field_count; i++)
        if (strcmp(level->fields[i].name, name) == 0)
            return i;
    return SRVSVC_NO_FIELD;
}

const char *srvsvc_read_page(struct srvsvc_page *page, const struct srvsvc_level *level,
                             const uint8_t *stub, size_t length, size_t *offset) {
    struct ndr_reader reader = {stub, length, 0};
    *page = (struct srvsvc_page){
        .level = level,
        .username = find_field(level, "username"),
        .name = find_field(level, "netname"),
    };
    if (page->name == SRVSVC_NO_FIELD)
        page->name = find_field(level, "cname");
    const char *problem = read_answer(page, &reader);
    *offset = reader.offset;
    return problem;
}

bool srvsvc_next_entry(struct srvsvc_page *page, struct srvsvc_value values[SRVSVC_FIELDS_LIMIT]) {
    if (page->next_entry == page->entries_read)
        return false;
    page->next_entry++;
    for (size_t i = 0; i < page->level->field_count; i++) {
        values[i].number = next_number(&page->fixed);
        values[i].string.utf16 = NULL;
        if (page->level->fields[i].type == SRVSVC_STRING && values[i].number != 0)
            ndr_reread_string(&page->strings, &values[i].string);
    }
    return true;
}

static bool is_text(const struct ndr_string *string, const char *ascii) {
    if (!string->utf16 || string->units != strlen(ascii))
        return false;
    for (size_t i = 0; i < string->units; i++)
        if (ndr_uint16_at(string->utf16 + 2 * i) != (uint8_t)ascii[i])
            return false;
    return true;
}

bool srvsvc_is_placeholder(const struct srvsvc_page *page, const struct srvsvc_value *values) {
    return page->name != SRVSVC_NO_FIELD && page->username != SRVSVC_NO_FIELD &&
           is_text(&values[page->name].string, "IPC$") &&
           is_text(&values[page->username].string, "dummy_user");
}
