#include "smb/link_failure.h"

#include <stdio.h>

#include "rpc/win32_status.h"

void link_failure_set(struct link_failure *failure, const char *stage, uint32_t status,
                      const char *detail) {
    const char *name = status_name(status);
    const char *text = status_text(status);
    failure->stage = stage;
    failure->name = name ? name : "unknown status";
    failure->code = status;
    failure->refused = false;
    if (!text)
        text = "the server answered with a status that is not known here";
    snprintf(failure->message, sizeof failure->message, "%s%s%s", text, detail[0] ? ": " : "",
             detail);
}
