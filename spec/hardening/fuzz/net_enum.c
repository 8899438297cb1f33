/* An answer at each level of each call: its first byte chooses the level, the rest is the stub. An
 * answer that is accepted has as many entries as it says, each string of it lies within it, and its
 * text comes out as UTF-8 and goes back in. */
#include "rpc/interfaces.h"

#include <string.h>

#include "base/utf16.h"
#include "check.h"
#include "level.h"
#include "rpc/srvsvc.h"

static char *checked_text(const struct ndr_string *string, size_t *length) {
    char *utf8 = malloc(UTF16_TO_UTF8_LIMIT(string->units) + 1);
    CHECK(utf8);
    *length = utf16_to_utf8(string->utf16, string->units, utf8);
    CHECK(*length <= UTF16_TO_UTF8_LIMIT(string->units));
    CHECK(check_is_utf8((const uint8_t *)utf8, *length));
    CHECK(utf16_from_utf8(utf8, *length, NULL, 0) == string->units);
    return utf8;
}

/* A name that a server told can be asked for. */
static void check_request(const struct net_enum_call *call, const struct net_enum_level *level,
                          const char *name, size_t length) {
    struct net_enum_request request = {
        .call = call, .level = level, .server_name = {name, length}, .resume_handle = 7};
    if (call->filter_count > 0)
        request.filters[call->filter_count - 1] = (struct net_enum_text){name, length};
    size_t needed = net_enum_write_request(&request, NULL, 0);
    CHECK(needed > length);
    uint8_t *stub = malloc(needed);
    CHECK(stub && net_enum_write_request(&request, stub, needed) == needed);
    struct ndr_reader reader = {stub, needed, 4};
    struct ndr_string back;
    CHECK(ndr_read_string(&reader, &back) == NULL);
    size_t back_length;
    char *text = checked_text(&back, &back_length);
    CHECK(back_length == length && memcmp(text, name, length) == 0);
    free(text);
    free(stub);
}

static void check_entries(struct net_enum_page *page, const struct net_enum_call *call,
                          const uint8_t *stub, size_t size) {
    struct net_enum_value values[NET_ENUM_FIELDS_LIMIT];
    uint32_t entries = 0;
    while (net_enum_next_entry(page, values)) {
        entries++;
        for (size_t i = 0; i < page->level->field_count; i++) {
            const struct ndr_string *string = &values[i].string;
            if (!string->utf16)
                continue;
            CHECK(page->level->fields[i].type == NET_ENUM_STRING);
            CHECK(string->utf16 >= stub && string->units <= NDR_STRING_LIMIT);
            CHECK(string->utf16 + 2 * string->units <= stub + size);
            size_t length;
            char *text = checked_text(string, &length);
            if (i == page->name)
                check_request(call, page->level, text, length);
            free(text);
        }
        if (page->name != NET_ENUM_NO_FIELD && srvsvc_is_placeholder(page, values))
            CHECK(values[page->name].string.units == 4);
    }
    CHECK(entries == page->entries_read && !net_enum_next_entry(page, values));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    const struct net_enum_call *call;
    const struct net_enum_level *level = level_choose(data[0], &call);
    CHECK(interfaces_find_call(call->name) == call);
    CHECK(interfaces_find_call("nothing") == NULL);
    CHECK(net_enum_find_level(call, level->number) == level);
    CHECK(net_enum_find_level(call, 77) == NULL);
    uint8_t *stub = check_copy(data + 1, size - 1);
    struct net_enum_page page;
    size_t offset = SIZE_MAX;
    const char *problem = net_enum_read_page(&page, level, stub, size - 1, &offset);
    CHECK(offset <= size - 1);
    const char *first = level->fields[0].name;
    if (strcmp(first, "netname") == 0 || strcmp(first, "cname") == 0)
        CHECK(page.name == 0);
    if (strcmp(first, "username") == 0)
        CHECK(page.username == 0);
    if (!problem) {
        check_entries(&page, call, stub, size - 1);
        /* Nothing that matters stands in what may follow an answer. */
        CHECK(net_enum_read_page(&page, level, stub, offset, &offset) == NULL);
        CHECK(net_enum_read_page(&page, level, stub, offset - 1, &offset) != NULL);
    }
    free(stub);
    return 0;
}
