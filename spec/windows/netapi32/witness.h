/* What the mock remembers of what was done with it, for the specs to look at. */
#ifndef STAND_IN_WITNESS_H
#define STAND_IN_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* The parameters of the last call, as they came. */
struct last_call {
    bool called;
    bool local; /* servername was NULL */
    wchar_t servername[64];
    wchar_t filters[2][64];
    bool has_filter[2];
    unsigned long level, prefmaxlen, resume_handle;
    unsigned long id; /* of a file that is to be closed */
};

/* A buffer that counts as live until witness_free. */
void *witness_allocate(size_t size);
void witness_free(void *buffer);

void witness_call(const struct last_call *call);

/* Counts a session that is open (+1) or not any more (-1), and every opening. */
void witness_session(int change);

/* Counts every logon that a server was asked for, refused or not. */
void witness_logon(void);

/* Counts calls that are under way, and blocks until the specs let hanging calls go. */
void witness_enter(void);
void witness_leave(void);
void witness_hang(void);

#endif
