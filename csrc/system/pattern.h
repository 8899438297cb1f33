/* Compiled patterns of Lua, and the matching of them: every step is counted against the
 * instructions of a sandbox's call, so a match takes no longer than what is left of them. */
#ifndef ROLLCALL_PATTERN_H
#define ROLLCALL_PATTERN_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERN_CAPTURES 32
#define PATTERN_FEW 8         /* items that take no memory of the guest */
#define PATTERN_STEP_BYTES 32 /* so much is compared or copied in a step */

enum pattern_kind {
    PATTERN_TEXT,
    PATTERN_CLASS,
    PATTERN_BALANCED,
    PATTERN_FRONTIER,
    PATTERN_REFERENCE,
    PATTERN_OPEN,
    PATTERN_CLOSE,
    PATTERN_POSITION,
    PATTERN_END,
};

struct pattern_item {
    enum pattern_kind kind;
    unsigned char capture;
    bool optional, repeated, lazy; /* '?' is optional, '+' repeated, '*' both, '-' all */
    size_t choice; /* 1 + the nearest item before this one that may match otherwise; 0: none */
    const char *from, *to; /* what it matches at the moment */
    union {
        uint64_t set[4]; /* of a class or frontier: a bit for each character */
        struct {
            const char *text;
            size_t size;
        } literal;
        char pair[2];
    };
};

/* Points into itself, into its source and into the text that it is matched with: who has it keeps
 * all of them where they are. */
struct pattern {
    const char *text, *text_end;
    const char *at;        /* where the next match is looked for; NULL: nowhere */
    const char *last;      /* where the last match ended; NULL: there was none */
    const char *from, *to; /* the last match */
    bool anchored;
    int captures;
    struct {
        const char *from;
        const char *to; /* NULL: a position */
    } capture[PATTERN_CAPTURES];
    size_t count;
    struct pattern_item *items;
    struct pattern_item few[PATTERN_FEW];
};

static inline bool pattern_has(const uint64_t set[4], char character) {
    unsigned char code = (unsigned char)character;
    return set[code / 64] >> code % 64 & 1;
}

/* [-0, +0, -] Sets the text, and where matches begin at the earliest, counted from 0. */
void pattern_begin(struct pattern *p, const char *text, size_t size, size_t start);

/* [-0, +0, v] Finds the next match. An empty one where the last one ended is none. */
bool pattern_next(lua_State *guest, struct pattern *p);

#endif
