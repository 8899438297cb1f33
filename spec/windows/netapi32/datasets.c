#include "datasets.h"

#include <stdlib.h>
#include <windows.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LONGEST 70000
#define SELECTED_LIMIT 8

static const struct row shares[] = {
    {.name = L"projects", .remark = L"", .pathname = L"C:\\shares\\projects"},
    {.name = L"public", .remark = L"for all", .pathname = L"C:\\shares"},
    {.name = L"ADMIN$", .type = 0x80000000, .remark = L"Remote Admin", .pathname = L"C:\\Windows"},
    {.name = L"C$", .type = 0x80000000, .remark = L"Default share", .pathname = L"C:\\"},
    {.name = L"IPC$", .type = 0x80000003, .remark = L"Remote IPC", .pathname = L""},
    {.name = L"Tom's \"own\" & <b>", .remark = L"quotes", .pathname = L"D:\\tom"},
    {.name = L"计划 💻", .remark = L"beyond the BMP", .pathname = L"D:\\plan"},
    {.name = L"two words$", .remark = L"hidden", .pathname = L"D:\\two words"},
};

#define SESSION(computer, user, opens, since, idle)                                                \
    { .name = computer, .username = user, .num_opens = opens, .time = since, .idle_time = idle }
static const struct row sessions[] = {
    SESSION(L"\\\\WS-ALICE", L"alice", 2, 5000, 30),
    SESSION(L"\\\\WS-BOB", L"bob", 0, 900, 900),
    SESSION(L"\\\\10.0.0.9", L"Zoë", 1, 70, 7),
    SESSION(L"\\\\WS-IDLE", L"dave", 0, 10, 10),
};

#define LOGON(user, domain, others, server)                                                        \
    { .username = user, .name = domain, .pathname = others, .remark = server }
static const struct row logons[] = {
    LOGON(L"alice", L"CORP", L"", L"DC1"), LOGON(L"alice", L"CORP", L"", L"DC1"),
    LOGON(L"backup", L"FS1", L"", L"FS1"), LOGON(L"Zoë 💻", L"CORP", L"SALES PLAN", L"DC1"),
    LOGON(L"FS1$", L"CORP", L"", L""),
};

#define FILE_(number, rights, locks, user, path)                                                   \
    { .id = number, .permissions = rights, .num_locks = locks, .username = user, .pathname = path }
static const struct row files[] = {
    FILE_(1, 3, 1, L"alice", L"C:\\shares\\projects\\plan.txt"),
    FILE_(2, 1, 0, L"CORP\\alice", L"C:\\shares\\PROJECTS\\sub\\x.txt"),
    FILE_(4294967295, 1, 0, L"Zoë", L"D:\\plan\\a.txt"),
    FILE_(4, 1, 0, L"", L"\\PIPE\\srvsvc"),
};

#define CONNECTION(number, kind, opens, users, user, other)                                        \
    {                                                                                              \
        .id = number, .type = kind, .num_opens = opens, .num_users = users, .time = 60 * number,   \
        .username = user, .name = other                                                            \
    }
static const struct row projects[] = {
    CONNECTION(11, 0, 2, 1, L"CORP\\alice", L"WS-ALICE"),
    CONNECTION(12, 0, 0, 1, L"bob", L"WS-BOB"),
};
static const struct row public[] = {CONNECTION(13, 0, 0, 1, L"bob", L"WS-BOB")};
static const struct row ipc[] = {CONNECTION(14, 0x80000003, 0, 1, L"eve", L"WS-EVE")};
static const struct row plan[] = {CONNECTION(15, 0, 1, 1, L"Zoë", L"\\\\10.0.0.9")};
static const struct row people[] = {
    CONNECTION(1, 0, 3, 1, L"CORP\\alice", L"WS-ALICE"),
    CONNECTION(2, 0, 0, 1, L"Zoë 💻 张三", L"WS-ÜBER"),
    CONNECTION(3, 0x80000000, 1, 2, L"=cmd|' /C calc'!A0", L"\\\\10.0.0.7"),
    CONNECTION(4, 3, 0, 1, L"\x1b[31mred\u202e", L"<b>&\"'"),
    CONNECTION(5, 0, 4294967295, 4294967295, L"", L"fe80::1"),
};

/* What no server behind srvsvc can say in this way. */
static const wchar_t lone_high[] = {L'a', 0xD83D, L'b', 0};
static const wchar_t lone_low[] = {0xDCBB, L'c', 0};
static const wchar_t high_at_end[] = {L'd', 0xD83D, 0};
static const struct row invalid[] = {CONNECTION(1, 0, 0, 1, lone_high, lone_low),
                                     CONNECTION(2, 0, 0, 1, high_at_end, L"ok")};
static const struct row null_strings[] = {CONNECTION(1, 0, 0, 1, NULL, NULL),
                                          CONNECTION(2, 0, 0, 1, L"bob", NULL),
                                          CONNECTION(3, 0, 0, 1, NULL, L"WS-BOB")};
static const struct row of_computer[] = {CONNECTION(1, 0, 2, 1, L"bob", L"projects")};

static const struct {
    const wchar_t *share;
    const struct row *rows;
    size_t count;
} made[] = {
    {L"projects", projects, COUNT(projects)},
    {L"public", public, COUNT(public)},
    {L"IPC$", ipc, COUNT(ipc)},
    {L"计划 💻", plan, COUNT(plan)},
    {L"people", people, COUNT(people)},
    {L"invalid", invalid, COUNT(invalid)},
    {L"null", null_strings, COUNT(null_strings)},
};

static __thread struct row selected[SELECTED_LIMIT];
static __thread wchar_t long_name[LONGEST + 1];
static __thread wchar_t generated_names[3][32];

/* The entries that are made up: names that hold their numbers. */
#define NAMED(place, ...)                                                                          \
    (swprintf(generated_names[place], 32, __VA_ARGS__), generated_names[place])

static struct row connection(size_t number) {
    unsigned long id = (unsigned long)number + 1;
    return (struct row){.id = id,
                        .num_opens = id % 7,
                        .num_users = 1,
                        .time = id % 86400,
                        .username = NAMED(0, L"user%03u", (unsigned)id % 1000),
                        .name = NAMED(1, L"PC-%03u", (unsigned)id % 1000)};
}

static struct row big_connection(size_t number) {
    return (struct row)CONNECTION((unsigned long)number + 1, 0, 1, 1,
                                  NAMED(0, L"user%04u", (unsigned)number),
                                  NAMED(1, L"PC-%04u", (unsigned)number));
}

static struct row big_session(size_t number) {
    unsigned long i = (unsigned long)number;
    return (struct row)SESSION(NAMED(1, L"\\\\PC-%04u", (unsigned)i),
                               NAMED(0, L"user%04u", (unsigned)i), 1, i, i / 2);
}

static struct row big_file(size_t number) {
    unsigned long i = (unsigned long)number;
    return (struct row)FILE_(
        i, 1, 0, NAMED(0, L"user%04u", (unsigned)i),
        NAMED(2, L"C:\\s\\%03u\\file", (unsigned)(i < 2000 ? i / 10 : i % 500)));
}

static struct row big_share(size_t number) {
    return (struct row){.name = NAMED(1, L"share%03u", (unsigned)number),
                        .remark = L"",
                        .pathname = NAMED(2, L"C:\\s\\%03u", (unsigned)number)};
}

static bool select_big(enum kind kind, const wchar_t *share, struct selection *selection) {
    static struct row (*const generators[])(size_t) = {big_connection, big_file, big_session,
                                                       big_share};
    selection->generate = generators[kind];
    selection->count = kind == SHARES ? 500 : 5000;
    if (kind != CONNECTIONS)
        return true;
    unsigned long number = wcsncmp(share, L"share", 5) == 0 ? wcstoul(share + 5, NULL, 10) : 999;
    selection->first = 10 * number;
    selection->count = number < 200 ? 10 : 0;
    return number < 500;
}

static bool has_prefix(const wchar_t *text, const wchar_t *prefix) {
    return wcsncmp(text, prefix, wcslen(prefix)) == 0;
}

static bool is_among_shares(const wchar_t *name) {
    for (size_t i = 0; i < COUNT(shares); i++)
        if (wcscmp(shares[i].name, name) == 0)
            return true;
    return false;
}

static bool select_connections(const wchar_t *of, struct selection *selection) {
    if (has_prefix(of, L"rows-")) {
        selection->generate = connection;
        selection->count = wcstoul(of + 5, NULL, 10);
        selection->entry_size = 70;
        return true;
    }
    if (has_prefix(of, L"long-")) {
        size_t length = wcstoul(of + 5, NULL, 10);
        length = length < LONGEST ? length : LONGEST;
        wmemset(long_name, L'n', length);
        long_name[length] = 0;
        selected[0] = (struct row)CONNECTION(1, 0, 0, 1, long_name, L"");
        *selection = (struct selection){selected, 1, 80, NULL, 0};
        return true;
    }
    if (has_prefix(of, L"\\\\")) {
        *selection = (struct selection){of_computer, 1, 80, NULL, 0};
        return true;
    }
    for (size_t i = 0; i < COUNT(made); i++)
        if (wcscmp(made[i].share, of) == 0) {
            *selection = (struct selection){made[i].rows, made[i].count, 80, NULL, 0};
            return true;
        }
    return is_among_shares(of);
}

/* Whether two names are the same, in capitals or not, in any alphabet. */
static bool is_same(const wchar_t *one, const wchar_t *other) {
    return CompareStringOrdinal(one, -1, other, -1, TRUE) == CSTR_EQUAL;
}

/* The rows of an array that a filter lets through. */
static void filter(const struct row *rows, size_t count, enum kind kind,
                   const wchar_t *const filters[2], struct selection *selection) {
    const wchar_t *first = filters[0] ? filters[0] : L"";
    const wchar_t *user = filters[1] ? filters[1] : L"";
    for (size_t i = 0; i < count; i++) {
        bool passes = !*user || is_same(user, rows[i].username);
        if (kind == SESSIONS && *first)
            passes = passes && is_same(first, rows[i].name);
        if (kind == FILES)
            passes = passes && has_prefix(rows[i].pathname, first);
        if (passes)
            selected[selection->count++] = rows[i];
    }
    selection->rows = selected;
}

bool dataset_select(bool big, enum kind kind, const wchar_t *const filters[2],
                    struct selection *selection) {
    const wchar_t *qualifier = filters[0] ? filters[0] : L"";
    *selection = (struct selection){.entry_size = 80};
    if (kind == LOGONS) {
        *selection = (struct selection){logons, COUNT(logons), 80, NULL, 0};
        return true;
    }
    if (big)
        return select_big(kind, qualifier, selection);
    switch (kind) {
    case CONNECTIONS:
        return select_connections(qualifier, selection);
    case SESSIONS:
        filter(sessions, COUNT(sessions), kind, filters, selection);
        return true;
    case FILES:
        filter(files, COUNT(files), kind, filters, selection);
        return true;
    default:
        *selection = (struct selection){shares, COUNT(shares), 80, NULL, 0};
        return true;
    }
}

struct row dataset_row(const struct selection *selection, size_t index) {
    if (selection->generate)
        return selection->generate(selection->first + index);
    return selection->rows[index];
}
