#include "rpc/status_call.h"

#include "rpc/ndr.h"

/* NET_API_STATUS NetrXxx(
 *     [in, string, unique] WCHAR *ServerName,
 *     [in, string, unique] WCHAR *text, ...                -- as many as the call has
 *     [in] DWORD number);                                  -- if it has one */
size_t status_call_write(const struct status_request *request, uint8_t *stub, size_t limit) {
    struct ndr_writer writer = {stub, limit, 0};
    uint32_t referent = 0x00020000;
    bool written = net_enum_write_text(&writer, &request->server_name, &referent);
    for (size_t i = 0; written && i < request->call->text_count; i++)
        written = net_enum_write_text(&writer, &request->texts[i], &referent);
    if (request->call->has_number)
        ndr_write_uint32(&writer, request->number);
    return written ? writer.offset : 0;
}

const char *status_call_read(const uint8_t *stub, size_t length, uint32_t *status) {
    struct ndr_reader reader = {stub, length, 0};
    return ndr_read_uint32(&reader, status) ? NULL : "no status";
}
