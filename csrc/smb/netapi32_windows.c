#include "smb/netapi32.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>
/* after windows.h */
#include <lm.h>

/* In MS-SRVS and MS-WKST; netapi32's functions are these with other names. */
enum { LOGONS = 2, CONNECTIONS = 8, FILES = 9, SESSIONS = 12, SHARES = 15 };

/* What a function has put out. */
struct output {
    BYTE *buffer;
    DWORD entries_read;
    DWORD total_entries;
    DWORD_PTR resume_handle;
    NET_API_STATUS status;
};

static void call(const struct netapi32_request *request, struct output *output) {
    DWORD level = request->level->number;
    DWORD room = request->preferred_maximum_length;
    DWORD handle = request->resume_handle;
    wchar_t *const *filters = request->filters;
    BYTE **buffer = &output->buffer;
    DWORD *read = &output->entries_read;
    DWORD *total = &output->total_entries;
    output->resume_handle = handle;
    switch (request->call->opnum) {
    case CONNECTIONS:
        output->status = NetConnectionEnum(request->server_name, filters[0], level, buffer, room,
                                           read, total, &handle);
        break;
    case SESSIONS:
        output->status = NetSessionEnum(request->server_name, filters[0], filters[1], level, buffer,
                                        room, read, total, &handle);
        break;
    case SHARES:
        output->status =
            NetShareEnum(request->server_name, level, buffer, room, read, total, &handle);
        break;
    case LOGONS:
        output->status =
            NetWkstaUserEnum(request->server_name, level, buffer, room, read, total, &handle);
        break;
    case FILES:
        output->status = NetFileEnum(request->server_name, filters[0], filters[1], level, buffer,
                                     room, read, total, &output->resume_handle);
        return;
    default:
        output->status = ERROR_CALL_NOT_IMPLEMENTED;
    }
    output->resume_handle = handle;
}

/* A structure of DWORDs and LPWSTRs, as the C compiler lays it out. */
static size_t aligned(size_t offset, size_t alignment) {
    return (offset + alignment - 1) / alignment * alignment;
}

static size_t field_size(const struct net_enum_field *field) {
    return field->type == NET_ENUM_STRING ? sizeof(LPWSTR) : sizeof(DWORD);
}

static size_t structure_size(const struct net_enum_level *level) {
    size_t size = 0, alignment = 1;
    for (size_t i = 0; i < level->field_count; i++) {
        size_t own = field_size(&level->fields[i]);
        size = aligned(size, own) + own;
        alignment = own > alignment ? own : alignment;
    }
    return aligned(size, alignment);
}

/* One character more than the longest text that is taken, so that a longer one shows. */
static void write_string(struct ndr_writer *writer, const wchar_t *text) {
    static const uint8_t zeros[4] = {0};
    size_t units = wcsnlen(text, NDR_STRING_LIMIT + 1);
    ndr_write_uint32(writer, (uint32_t)units + 1);
    ndr_write_uint32(writer, 0);
    ndr_write_uint32(writer, (uint32_t)units + 1);
    ndr_write_bytes(writer, text, 2 * units);
    ndr_write_bytes(writer, zeros, 2);
    ndr_write_bytes(writer, zeros, -writer->offset & 3);
}

/* Writes the fixed part of an entry, or its strings. */
static void write_entry(struct ndr_writer *writer, const struct net_enum_level *level,
                        const BYTE *entry, bool strings) {
    size_t offset = 0;
    for (size_t i = 0; i < level->field_count; i++) {
        const struct net_enum_field *field = &level->fields[i];
        DWORD number;
        LPWSTR text;
        offset = aligned(offset, field_size(field));
        if (field->type == NET_ENUM_STRING) {
            memcpy(&text, entry + offset, sizeof text);
            if (strings && text)
                write_string(writer, text);
            else if (!strings)
                ndr_write_uint32(writer, text != NULL);
        } else if (!strings) {
            memcpy(&number, entry + offset, sizeof number);
            ndr_write_uint32(writer, number);
        }
        offset += field_size(field);
    }
}

static void write_array(struct ndr_writer *writer, const struct net_enum_level *level,
                        const struct output *output) {
    size_t size = structure_size(level);
    ndr_write_uint32(writer, output->entries_read);
    ndr_write_uint32(writer, output->buffer != NULL);
    if (!output->buffer)
        return;
    ndr_write_uint32(writer, output->entries_read);
    for (int strings = 0; strings < 2; strings++)
        for (DWORD i = 0; i < output->entries_read; i++)
            write_entry(writer, level, output->buffer + i * size, strings);
}

/* Writes the stub that a server would have sent. Where the call failed, netapi32 leaves what it
 * points to undefined. */
static void write_stub(struct ndr_writer *writer, const struct net_enum_level *level,
                       const struct output *output) {
    bool answered = output->status == NERR_Success || output->status == ERROR_MORE_DATA;
    ndr_write_uint32(writer, level->number);
    ndr_write_uint32(writer, level->number);
    ndr_write_uint32(writer, answered);
    if (answered)
        write_array(writer, level, output);
    ndr_write_uint32(writer, answered ? output->total_entries : 0);
    ndr_write_uint32(writer, output->resume_handle <= UINT32_MAX);
    if (output->resume_handle <= UINT32_MAX)
        ndr_write_uint32(writer, (uint32_t)output->resume_handle);
    ndr_write_uint32(writer, output->status);
}

struct netapi32_answer netapi32_call(const struct netapi32_request *request, size_t limit) {
    struct output output = {0};
    call(request, &output);
    struct netapi32_answer answer = {.status = output.status};
    struct ndr_writer writer = {NULL, 0, 0};
    write_stub(&writer, request->level, &output);
    answer.length = writer.offset;
    if (answer.length <= limit)
        answer.stub = malloc(answer.length);
    if (answer.stub) {
        writer = (struct ndr_writer){answer.stub, answer.length, 0};
        write_stub(&writer, request->level, &output);
    }
    if (output.buffer)
        NetApiBufferFree(output.buffer);
    return answer;
}

struct netapi32_answer netapi32_status_call(const struct status_call *call,
                                            const struct netapi32_request *request) {
    struct netapi32_answer answer = {.length = sizeof(uint32_t)};
    answer.status = call->run(request->server_name, request->filters, request->number);
    answer.stub = malloc(answer.length);
    if (answer.stub) {
        struct ndr_writer writer = {answer.stub, answer.length, 0};
        ndr_write_uint32(&writer, answer.status);
    }
    return answer;
}

void netapi32_keep_loaded(const struct status_call *call) {
    HMODULE library;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       (LPCWSTR)(const void *)call, &library);
}
