/* Of the functions below the program's come first when their names are looked up. libsmbclient
 * calls them when it has a password to log on with by Kerberos. */
#define _GNU_SOURCE

#include "smbpipe/interpose_ticket.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "smb/frame.h"
#include "smbpipe/identity.h"

/* RFC 4120 and both libraries' krb5.h: a krb5_deltat is a time_t in Heimdal, whose functions are in
 * Samba. What is only handed on stays a pointer. */
typedef int32_t get_init_creds_password(void *context, void *credentials, void *client,
                                        const char *password, void *prompter, void *data,
                                        time_t start, const char *service, void *options);
typedef void set_forwardable(void *options, int forwardable);
typedef int32_t unparse_name(void *context, void *principal, char **name);

/* Heimdal's way to write credentials as bytes. Where Samba is built with another Kerberos there is
 * none of it, and each worker asks the KDC. */
struct krb5_data {
    size_t length;
    void *data;
};
typedef void *storage_emem(void);
typedef void *storage_from_readonly_mem(const void *bytes, size_t length);
typedef int32_t storage_to_data(void *storage, struct krb5_data *data);
typedef int32_t storage_free(void *storage);
typedef int32_t store_creds(void *storage, void *credentials);
typedef int32_t ret_creds(void *storage, void *credentials);

union function {
    void *symbol;
    get_init_creds_password *get_init_creds_password;
    set_forwardable *set_forwardable;
    unparse_name *unparse_name;
    storage_emem *storage_emem;
    storage_from_readonly_mem *storage_from_readonly_mem;
    storage_to_data *storage_to_data;
    storage_free *storage_free;
    store_creds *store_creds;
    ret_creds *ret_creds;
};

static void (*when_got)(const uint8_t *bytes, size_t length);
static uint8_t offered[FRAME_PAYLOAD_LIMIT];
static size_t offered_length;
static bool asks_kdc, was_used;

void interpose_ticket(void (*got)(const uint8_t *bytes, size_t length)) {
    when_got = got;
}

void ticket_offer(const uint8_t *bytes, size_t length) {
    if (asks_kdc || length > sizeof offered)
        length = 0;
    memcpy(offered, bytes, length);
    offered_length = length;
}

bool ticket_was_used(void) {
    return was_used;
}

void ticket_forget(bool asks_anew) {
    explicit_bzero(offered, offered_length);
    offered_length = 0;
    asks_kdc = asks_anew;
    was_used = false;
}

static union function find(void *where, const char *name) {
    return (union function){dlsym(where, name)};
}

/* Writes for whom a ticket is that this process gets: the principal, and the identity with all that
 * it logs on by. Returns its length, or 0. */
static size_t write_owner(uint8_t *bytes, size_t limit, void *context, void *client) {
    union function unparse = find(RTLD_DEFAULT, "krb5_unparse_name");
    char *name = NULL;
    size_t length = 0, identity_length;
    const uint8_t *identity = identity_bytes(&identity_length);
    if (!unparse.symbol || unparse.unparse_name(context, client, &name) != 0)
        return 0;
    size_t name_length = strlen(name) + 1;
    if (name_length + identity_length < limit) {
        memcpy(bytes, name, name_length);
        memcpy(bytes + name_length, identity, identity_length);
        length = name_length + identity_length;
    }
    free(name);
    return length;
}

/* Makes credentials of those that were offered, if they are this client's. */
static bool use_offered(void *context, void *client, void *credentials) {
    static uint8_t owner[FRAME_PAYLOAD_LIMIT];
    union function from = find(RTLD_DEFAULT, "krb5_storage_from_readonly_mem"),
                   release = find(RTLD_DEFAULT, "krb5_storage_free"),
                   read = find(RTLD_DEFAULT, "krb5_ret_creds");
    if (offered_length == 0 || !from.symbol || !release.symbol || !read.symbol)
        return false;
    size_t length = write_owner(owner, sizeof owner, context, client);
    bool is_mine = length > 0 && length < offered_length && memcmp(offered, owner, length) == 0;
    explicit_bzero(owner, length);
    void *storage =
        is_mine ? from.storage_from_readonly_mem(offered + length, offered_length - length) : NULL;
    if (!storage)
        return false;
    bool is_read = read.ret_creds(storage, credentials) == 0;
    release.storage_free(storage);
    return is_read;
}

static void hand_over(void *context, void *client, void *credentials) {
    static uint8_t bytes[FRAME_PAYLOAD_LIMIT];
    union function new = find(RTLD_DEFAULT, "krb5_storage_emem"),
                   release = find(RTLD_DEFAULT, "krb5_storage_free"),
                   write = find(RTLD_DEFAULT, "krb5_store_creds"),
                   take = find(RTLD_DEFAULT, "krb5_storage_to_data");
    if (!when_got || !new.symbol || !release.symbol || !write.symbol || !take.symbol)
        return;
    size_t length = write_owner(bytes, sizeof bytes, context, client);
    void *storage = length > 0 ? new.storage_emem() : NULL;
    struct krb5_data data = {0, NULL};
    if (storage && write.store_creds(storage, credentials) == 0 &&
        take.storage_to_data(storage, &data) == 0 && data.length <= sizeof bytes - length) {
        memcpy(bytes + length, data.data, data.length);
        when_got(bytes, length + data.length);
    }
    explicit_bzero(bytes, sizeof bytes);
    if (data.data)
        explicit_bzero(data.data, data.length);
    free(data.data);
    if (storage)
        release.storage_free(storage);
}

__attribute__((visibility("default"))) get_init_creds_password krb5_get_init_creds_password;
__attribute__((visibility("default"))) set_forwardable krb5_get_init_creds_opt_set_forwardable;

int32_t krb5_get_init_creds_password(void *context, void *credentials, void *client,
                                     const char *password, void *prompter, void *data, time_t start,
                                     const char *service, void *options) {
    const int32_t no_memory = 12;
    union function original = find(RTLD_NEXT, "krb5_get_init_creds_password");
    if (!original.symbol)
        return no_memory;
    was_used = !service && use_offered(context, client, credentials);
    if (was_used)
        return 0;
    int32_t problem = original.get_init_creds_password(context, credentials, client, password,
                                                       prompter, data, start, service, options);
    if (problem == 0 && !service)
        hand_over(context, client, credentials);
    return problem;
}

/* Whoever has a forwardable ticket can be handed others of the same user's. */
void krb5_get_init_creds_opt_set_forwardable(void *options, int forwardable) {
    union function original = find(RTLD_NEXT, "krb5_get_init_creds_opt_set_forwardable");
    (void)forwardable;
    if (original.symbol)
        original.set_forwardable(options, 0);
}
