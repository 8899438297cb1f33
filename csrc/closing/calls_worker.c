#include "closing/calls.h"
#include "closing/groups.h"

const struct status_call session_del = {
    .procedure = "NetrSessionDel", .groups = SESSION_DEL_GROUPS, .opnum = 13, .text_count = 2};

const struct status_call file_close = {
    .procedure = "NetrFileClose", .groups = FILE_CLOSE_GROUPS, .opnum = 11, .has_number = true};
