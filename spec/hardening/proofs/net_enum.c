/* Any bytes as a page of a level: one that is accepted can be walked to its end, and each string of
 * it lies within it. The tables of both interfaces, whose calls have the same name in each file. */
#include "proof.h"

#include "base/utf16.c"
#include "proof_words.h"
#include "rpc/ndr.c"
#include "rpc/net_enum.c"

#define calls srvsvc_calls
#include "rpc/srvsvc.c"
#undef calls
#define calls wkssvc_calls
#include "rpc/wkssvc.c"
#undef calls
#include "rpc/interfaces.c"

static uint8_t space[BOUND];

static void check_value(const struct net_enum_page *page, const struct net_enum_value *value,
                        size_t field, const uint8_t *stub, size_t length) {
    if (page->level->fields[field].type != NET_ENUM_STRING || !value->string.utf16)
        return;
    const uint8_t *utf16 = value->string.utf16;
    size_t units = value->string.units;
    //@ assert stub <= utf16 && utf16 + 2 * units <= stub + length && units <= NDR_STRING_LIMIT;
}

static void read_page(const struct net_enum_level *level, size_t length) {
    struct net_enum_page page;
    struct net_enum_value values[NET_ENUM_FIELDS_LIMIT];
    const uint8_t *stub = space + sizeof space - length;
    size_t offset;
    unknown(space, sizeof space);
    turns = 0;
    const char *problem = net_enum_read_page(&page, level, stub, length, &offset);
    //@ assert offset <= length && turns <= 1000;
    if (problem)
        return;
    uint32_t entries = 0;
    while (net_enum_next_entry(&page, values)) {
        entries++;
        for (size_t i = 0; i < level->field_count; i++)
            check_value(&page, &values[i], i, stub, length);
        srvsvc_is_placeholder(&page, values);
    }
    //@ assert entries == page.entries_read && page.fixed.offset <= length;
    //@ assert page.strings.offset <= offset && turns <= 1000;
}

/* An entry of any two texts. */
static void look_for_placeholder(size_t name_units, size_t username_units) {
    uint8_t texts[2][2 * 10];
    unknown(texts, sizeof texts);
    const struct net_enum_page page = {.name = 0, .username = 1};
    const struct net_enum_value values[] = {
        {.string = {texts[0] + sizeof texts[0] - 2 * name_units, name_units}},
        {.string = {texts[1] + sizeof texts[1] - 2 * username_units, username_units}}};
    turns = 0;
    bool is_placeholder = srvsvc_is_placeholder(&page, values);
    //@ assert !is_placeholder || (name_units == 4 && username_units == 10);
    //@ assert turns <= 40;
}

static void check_call(const struct rpc_interface *rpc_interface,
                       const struct net_enum_call *call) {
    const struct net_enum_call *found = interfaces_find_call(call->name);
    //@ assert found == call && call->rpc_interface == rpc_interface;
    //@ assert call->filter_count <= NET_ENUM_FILTERS_LIMIT;
    for (size_t i = 0; i < call->level_count; i++) {
        const struct net_enum_level *level = net_enum_find_level(call, call->levels[i].number);
        //@ assert level == &call->levels[i] && 0 < level->field_count <= NET_ENUM_FIELDS_LIMIT;
    }
    const struct net_enum_level *none = net_enum_find_level(call, 77);
    //@ assert !none;
}

static void write_request(const struct net_enum_call *call, size_t length, size_t limit) {
    uint8_t stub[64];
    char text[1];
    unknown(text, sizeof text);
    const struct net_enum_text any = {text + sizeof text - length, length};
    struct net_enum_request request = {.call = call, .level = call->levels};
    if (call->filter_count > 0)
        request.filters[0] = any;
    else
        request.server_name = any;
    turns = 0;
    size_t needed = net_enum_write_request(&request, stub + sizeof stub - limit, limit);
    //@ assert needed == 0 || (32 <= needed <= 64 && needed % 4 == 0);
    //@ assert turns <= 40;
}

int main(void) {
#ifdef LEVEL_INDEX
    for (size_t length = 0; length <= BOUND; length++)
        read_page(&interfaces[INTERFACE]->calls[CALL].levels[LEVEL_INDEX], length);
#else
    for (size_t i = 0; i < interface_count; i++)
        for (size_t j = 0; j < interfaces[i]->call_count; j++) {
            const struct net_enum_call *call = &interfaces[i]->calls[j];
            check_call(interfaces[i], call);
            for (size_t length = 0; length <= 1; length++)
                for (size_t limit = 0; limit <= 64; limit += 8)
                    write_request(call, length, limit);
        }
    for (size_t name_units = 3; name_units <= 5; name_units++)
        for (size_t username_units = 9; username_units <= 10; username_units++)
            look_for_placeholder(name_units, username_units);
    const struct net_enum_call *none = interfaces_find_call("nothing");
    //@ assert !none;
#endif
    return 0;
}
