/* Whose members may make the calls. */
#ifndef ROLLCALL_CLOSING_GROUPS_H
#define ROLLCALL_CLOSING_GROUPS_H

#define SESSION_DEL_GROUPS                                                                         \
    "Administrators or Server Operators (of a Samba: Domain Admins; it answers so, too, where "    \
    "there is no such session)"
#define FILE_CLOSE_GROUPS "Administrators or Server Operators (of a Samba: Administrators)"

#endif
