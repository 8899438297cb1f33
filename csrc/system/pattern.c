/* Matches a compiled pattern. The items stand in a row, and each knows what it matches; where one
 * does not match, the nearest before it that may match otherwise does so, and those after it begin
 * anew. So there is nothing to recurse into, and nothing to undo: a capture is set again on the way
 * forward before anything reads it. */
#include "system/pattern.h"

#include <string.h>

#include "system/sandbox_state.h"

#define CHARGE 100 /* steps are handed on in such portions */

static bool match_class(struct pattern *p, struct pattern_item *item) {
    size_t left = (size_t)(p->text_end - item->from);
    if (item->lazy)
        left = 0;
    else if (!item->repeated && left > 1)
        left = 1;
    const char *limit = item->from + left;
    const char *to = item->from;
    while (to < limit && pattern_has(item->set, *to))
        to++;
    item->to = to;
    return item->optional || to > item->from;
}

static bool match_text(struct pattern *p, struct pattern_item *item, const char *text,
                       size_t size) {
    item->to = item->from + size;
    return size <= (size_t)(p->text_end - item->from) && memcmp(item->from, text, size) == 0;
}

/* Where the last character of the pair is the first one again, the second of them closes. */
static bool match_balanced(struct pattern *p, struct pattern_item *item, size_t *steps) {
    const char *to = item->from;
    if (to == p->text_end || *to != item->pair[0])
        return false;
    size_t open = 1;
    while (open > 0 && ++to < p->text_end) {
        if (*to == item->pair[1])
            open--;
        else if (*to == item->pair[0])
            open++;
    }
    *steps += (size_t)(to - item->from);
    item->to = to + 1;
    return open == 0;
}

/* Before and after the text there is '\0'. */
static bool match_frontier(struct pattern *p, struct pattern_item *item) {
    char before = '\0', after = '\0';
    if (item->from > p->text)
        before = item->from[-1];
    if (item->from < p->text_end)
        after = *item->from;
    return !pattern_has(item->set, before) && pattern_has(item->set, after);
}

/* The first way in which an item matches at `at`. */
static bool match_item(struct pattern *p, struct pattern_item *item, const char *at,
                       size_t *steps) {
    item->from = item->to = at;
    switch (item->kind) {
    case PATTERN_TEXT:
        *steps += item->literal.size / PATTERN_STEP_BYTES;
        return match_text(p, item, item->literal.text, item->literal.size);
    case PATTERN_CLASS:
        if (!match_class(p, item))
            return false;
        *steps += (size_t)(item->to - at);
        return true;
    case PATTERN_BALANCED:
        return match_balanced(p, item, steps);
    case PATTERN_FRONTIER:
        return match_frontier(p, item);
    case PATTERN_REFERENCE: {
        const char *from = p->capture[item->capture].from;
        const char *to = p->capture[item->capture].to;
        if (!to)
            return false;
        *steps += (size_t)(to - from) / PATTERN_STEP_BYTES;
        return match_text(p, item, from, (size_t)(to - from));
    }
    case PATTERN_OPEN:
        p->capture[item->capture].from = at;
        return true;
    case PATTERN_CLOSE:
        p->capture[item->capture].to = at;
        return true;
    case PATTERN_POSITION:
        p->capture[item->capture].from = at;
        p->capture[item->capture].to = NULL;
        return true;
    case PATTERN_END:
        return at == p->text_end;
    }
    return false;
}

/* The next way in which a class matches where it does. */
static bool match_otherwise(const struct pattern *p, struct pattern_item *item) {
    if (item->lazy) {
        if (item->to == p->text_end || !pattern_has(item->set, *item->to))
            return false;
        item->to++;
        return true;
    }
    if (item->to - item->from == (item->optional ? 0 : 1))
        return false;
    item->to--;
    return true;
}

/* Where a match ends that begins at `at`, or NULL. */
static const char *match_at(lua_State *guest, struct pattern *p, const char *at) {
    size_t steps = 0;
    size_t i = 0;
    while (i < p->count && at) {
        struct pattern_item *item = &p->items[i];
        if (++steps >= CHARGE) {
            sandbox_charge(guest, steps);
            steps = 0;
        }
        if (match_item(p, item, at, &steps)) {
            at = item->to;
            i++;
            continue;
        }
        size_t choice = item->choice;
        while (choice > 0 && !match_otherwise(p, &p->items[choice - 1])) {
            choice = p->items[choice - 1].choice;
            steps++;
        }
        at = choice > 0 ? p->items[choice - 1].to : NULL;
        i = choice;
    }
    sandbox_charge(guest, steps);
    return at;
}

/* The first place from `at` on where a match may begin, or NULL. */
static const char *candidate(lua_State *guest, const struct pattern *p, const char *at) {
    const struct pattern_item *first = p->items;
    if (p->anchored || p->count == 0 || first->kind != PATTERN_TEXT || first->literal.size == 0)
        return at;
    size_t left = (size_t)(p->text_end - at);
    const char *found = left > 0 ? memchr(at, *first->literal.text, left) : NULL;
    sandbox_charge(guest, (found ? (size_t)(found - at) : left) / PATTERN_STEP_BYTES);
    return found;
}

void pattern_begin(struct pattern *p, const char *text, size_t size, size_t start) {
    p->text = text;
    p->text_end = text + size;
    p->at = start <= size ? text + start : NULL;
    p->last = NULL;
}

bool pattern_next(lua_State *guest, struct pattern *p) {
    const char *at = p->at;
    while (at && (at = candidate(guest, p, at))) {
        const char *to = match_at(guest, p, at);
        if (to && to != p->last) {
            p->from = at;
            p->to = p->last = to;
            p->at = p->anchored ? NULL : to;
            return true;
        }
        at = p->anchored || at == p->text_end ? NULL : at + 1;
    }
    p->at = NULL;
    return false;
}
