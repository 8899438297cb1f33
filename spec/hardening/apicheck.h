/* Goes before each file of the checked Lua, whose checks all go through lua_assert. */
#ifndef ROLLCALL_APICHECK_H
#define ROLLCALL_APICHECK_H

/* Writes a report and ends the process, unless it was called from a library of the system. */
void apicheck_failed(const char *condition, const char *file, int line);

#define lua_assert(condition)                                                                      \
    ((condition) ? (void)0 : apicheck_failed(#condition, __FILE__, __LINE__))

#endif
