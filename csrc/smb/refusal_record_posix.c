#define _GNU_SOURCE

#include "smb/refusal_record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/credential_ledger.h"

/* A lock of the open file, not of the process, where there are such. */
#ifdef F_OFD_SETLK
#define LOCK F_OFD_SETLK
#else
#define LOCK F_SETLK
#endif

#define NAME "rollcall-refused"
#define PLACES 1024 /* a credential that comes to the place of another takes it over */

/* As the file has it. Of the secret there are sixteen bits of a hash: of the passwords that
 * somebody might guess, each 65536th fits, and one in 65536 that is changed counts as refused. */
struct entry {
    uint64_t account;
    int64_t refused_at; /* milliseconds since 1970 */
    uint32_t count;
    uint16_t secret;
    uint16_t nothing;
};

struct refusal_place refusal_place_of(const struct frame_logon *logon, uint64_t credential) {
    credential_id account = credential_with(CREDENTIAL_OF_NOTHING, logon->username);
    account = credential_with(account, logon->domain);
    if (!logon->domain[0] && !logon->kerberos && !strchr(logon->username, '@')) {
        account = credential_with(account, logon->host);
        account = (account ^ logon->port) * 0x100000001B3U;
    }
    uint64_t half = credential ^ credential >> 32;
    return (struct refusal_place){account, (uint16_t)(half ^ half >> 16)};
}

static bool is_private(int file, mode_t type) {
    struct stat status;
    return fstat(file, &status) == 0 && (status.st_mode & S_IFMT) == type &&
           status.st_uid == geteuid() && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

/* The file in a folder; -1 where one of them is not the user's alone. */
static int open_in(const char *folder) {
    int opened = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (opened < 0)
        return -1;
    int file = is_private(opened, S_IFDIR)
                   ? openat(opened, NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                            S_IRUSR | S_IWUSR)
                   : -1;
    close(opened);
    if (file >= 0 && !is_private(file, S_IFREG)) {
        close(file);
        return -1;
    }
    return file;
}

static int open_file(void) {
    char own[64];
    const char *folder = getenv("XDG_RUNTIME_DIR");
    if (folder && folder[0])
        return folder[0] == '/' ? open_in(folder) : -1;
    snprintf(own, sizeof own, "/tmp/rollcall-%lu", (unsigned long)geteuid());
    mkdir(own, S_IRWXU); /* whoever made it */
    return open_in(own);
}

static off_t offset_of(const struct refusal_place *place) {
    return (off_t)((place->account ^ place->secret) % PLACES * sizeof(struct entry));
}

bool refusal_record_take(struct refusal_record *record, const struct refusal_place *place) {
    struct flock lock = {.l_type = F_WRLCK,
                         .l_whence = SEEK_SET,
                         .l_start = offset_of(place),
                         .l_len = sizeof(struct entry)};
    *record = (struct refusal_record){false, open_file(), *place};
    if (record->file < 0)
        return true;
    record->open = fcntl(record->file, LOCK, &lock) == 0;
    if (record->open)
        return true;
    bool taken = errno == EAGAIN || errno == EACCES;
    close(record->file);
    return !taken;
}

static int64_t milliseconds_since_1970(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

unsigned refusal_record_count(const struct refusal_record *record, int64_t within,
                              char at[REFUSAL_TIME_LIMIT]) {
    struct entry entry;
    struct tm parts;
    if (!record->open ||
        pread(record->file, &entry, sizeof entry, offset_of(&record->place)) != sizeof entry ||
        entry.account != record->place.account || entry.secret != record->place.secret)
        return 0;
    int64_t now = milliseconds_since_1970();
    if (entry.refused_at < 0 || entry.refused_at > now || now - entry.refused_at >= within)
        return 0;
    time_t seconds = (time_t)(entry.refused_at / 1000);
    if (!gmtime_r(&seconds, &parts) ||
        !strftime(at, REFUSAL_TIME_LIMIT, "%Y-%m-%d %H:%M:%S UTC", &parts))
        return 0;
    return entry.count;
}

static void write_entry(const struct refusal_record *record, unsigned count) {
    const struct entry entry = {.account = count ? record->place.account : 0,
                                .refused_at = count ? milliseconds_since_1970() : 0,
                                .count = count,
                                .secret = count ? record->place.secret : 0};
    ssize_t written = pwrite(record->file, &entry, sizeof entry, offset_of(&record->place));
    (void)written; /* where the disk is full the others try for themselves */
}

void refusal_record_add(const struct refusal_record *record, int64_t within) {
    char at[REFUSAL_TIME_LIMIT];
    unsigned count = refusal_record_count(record, within, at);
    if (record->open)
        write_entry(record, count < UINT_MAX ? count + 1 : count);
}

void refusal_record_clear(const struct refusal_record *record) {
    char at[REFUSAL_TIME_LIMIT];
    if (refusal_record_count(record, INT64_MAX, at) > 0)
        write_entry(record, 0);
}

void refusal_record_close(struct refusal_record *record) {
    if (record->open)
        close(record->file);
    record->open = false;
}
