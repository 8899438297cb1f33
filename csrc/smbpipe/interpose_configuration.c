/* libsmbclient calls the functions below for each context that it makes, although it has what they
 * read from the first one; the program's come first when their names are looked up. */
#define _GNU_SOURCE

#include "smbpipe/interpose_configuration.h"

#include <dlfcn.h>
#include <stdbool.h>

typedef bool load_configuration(const char *file);
typedef void load_list(void);

static bool is_kept;

void configuration_keep(void) {
    is_kept = true;
}

__attribute__((visibility("default"))) load_configuration lp_load_client;
__attribute__((visibility("default"))) load_configuration lp_load_client_no_reinit;
__attribute__((visibility("default"))) load_list load_interfaces;

static bool load(const char *function, const char *file) {
    union {
        void *symbol;
        load_configuration *function;
    } original = {dlsym(RTLD_NEXT, function)};
    return is_kept || (original.symbol && original.function(file));
}

bool lp_load_client(const char *file) {
    return load("lp_load_client", file);
}

bool lp_load_client_no_reinit(const char *file) {
    return load("lp_load_client_no_reinit", file);
}

void load_interfaces(void) {
    union {
        void *symbol;
        load_list *function;
    } original = {dlsym(RTLD_NEXT, "load_interfaces")};
    if (!is_kept && original.symbol)
        original.function();
}
