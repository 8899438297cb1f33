#include "rpc/net_enum.h"

#include <string.h>

const struct net_enum_level *net_enum_find_level(const struct net_enum_call *call,
                                                 uint32_t number) {
    for (size_t i = 0; i < call->level_count; i++)
        if (call->levels[i].number == number)
            return &call->levels[i];
    return NULL;
}

/* NET_API_STATUS NetrXxxEnum(
 *     [in, string, unique] WCHAR *ServerName,
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

bool net_enum_write_text(struct ndr_writer *writer, const struct net_enum_text *text,
                         uint32_t *referent) {
    if (!text->utf8) {
        ndr_write_uint32(writer, 0);
        return true;
    }
    write_referent(writer, referent);
    return ndr_write_string(writer, text->utf8, text->length);
}

size_t net_enum_write_request(const struct net_enum_request *request, uint8_t *stub, size_t limit) {
    struct ndr_writer writer = {stub, limit, 0};
    uint32_t referent = 0x00020000;
    if (!net_enum_write_text(&writer, &request->server_name, &referent))
        return 0;
    for (size_t i = 0; i < request->call->filter_count; i++)
        if (!net_enum_write_text(&writer, &request->filters[i], &referent))
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

static const char *check_strings(const struct net_enum_level *level, struct ndr_reader *fixed,
                                 struct ndr_reader *strings) {
    struct ndr_string string;
    const char *problem = NULL;
    for (size_t i = 0; i < level->field_count && !problem; i++) {
        uint32_t number = next_number(fixed);
        if (level->fields[i].type == NET_ENUM_STRING && number != 0)
            problem = ndr_read_string(strings, &string);
    }
    return problem;
}

/* Reads the container's array at `reader`, leaves `page` at its first entry, and `reader` behind
 * its last string. */
static const char *read_array(struct net_enum_page *page, struct ndr_reader *reader) {
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

static const char *read_answer(struct net_enum_page *page, struct ndr_reader *reader) {
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

static size_t find_field(const struct net_enum_level *level, const char *name) {
    for (size_t i = 0; i < level->field_count; i++)
        if (strcmp(level->fields[i].name, name) == 0)
            return i;
    return NET_ENUM_NO_FIELD;
}

const char *net_enum_read_page(struct net_enum_page *page, const struct net_enum_level *level,
                               const uint8_t *stub, size_t length, size_t *offset) {
    struct ndr_reader reader = {stub, length, 0};
    *page = (struct net_enum_page){
        .level = level,
        .username = find_field(level, "username"),
        .name = find_field(level, "netname"),
    };
    if (page->name == NET_ENUM_NO_FIELD)
        page->name = find_field(level, "cname");
    const char *problem = read_answer(page, &reader);
    *offset = reader.offset;
    return problem;
}

bool net_enum_next_entry(struct net_enum_page *page,
                         struct net_enum_value values[NET_ENUM_FIELDS_LIMIT]) {
    if (page->next_entry == page->entries_read)
        return false;
    page->next_entry++;
    for (size_t i = 0; i < page->level->field_count; i++) {
        values[i].number = next_number(&page->fixed);
        values[i].string.utf16 = NULL;
        if (page->level->fields[i].type == NET_ENUM_STRING && values[i].number != 0)
            ndr_reread_string(&page->strings, &values[i].string);
    }
    return true;
}
