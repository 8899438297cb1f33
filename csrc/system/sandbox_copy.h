/* Values that cross between a sandbox and its host. */
#ifndef ROLLCALL_SANDBOX_COPY_H
#define ROLLCALL_SANDBOX_COPY_H

#include <lua.h>

/* [-0, +0, e] Makes sure that the host can copy a value of the guest without the guest raising. */
void sandbox_prepare(lua_State *guest, int index);

/* [-0, +1, e] Pushes on the host a copy of a prepared value of the guest. `self` is where the
 * sandbox is on the host's stack, `objects` where the file's objects are; 0: objects are arguments,
 * and those are there as well. */
void sandbox_copy_out(lua_State *host, int self, int objects, lua_State *guest, int index);

/* [-0, +1, m] Pushes on the guest a copy of a value on the host's stack. Functions become nil. */
void sandbox_copy_in(lua_State *guest, lua_State *host, int index);

/* [-0, +1, m] Pushes the object of that number. */
void sandbox_push_object(lua_State *guest, int number);

/* [-0, +0, m] Makes what objects of the host are read by. */
void sandbox_register_objects(lua_State *guest);

#endif
