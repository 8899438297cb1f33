#include "closing/calls.h"

#include <windows.h>
/* after windows.h */
#include <lm.h>

#include "closing/groups.h"

static uint32_t delete_session(wchar_t *server_name, wchar_t *const *texts, uint32_t number) {
    (void)number;
    return NetSessionDel(server_name, texts[0], texts[1]);
}

static uint32_t close_file(wchar_t *server_name, wchar_t *const *texts, uint32_t number) {
    (void)texts;
    return NetFileClose(server_name, number);
}

const struct status_call session_del = {.procedure = "NetSessionDel",
                                        .groups = SESSION_DEL_GROUPS,
                                        .text_count = 2,
                                        .run = delete_session};

const struct status_call file_close = {.procedure = "NetFileClose",
                                       .groups = FILE_CLOSE_GROUPS,
                                       .has_number = true,
                                       .run = close_file};
