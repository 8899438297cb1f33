/* A fuzzer's function, with the files that are named: where libFuzzer is not to be had. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t content[1 << 20];

int main(int count, char **paths) {
    for (int i = 1; i < count; i++) {
        FILE *file = fopen(paths[i], "rb");
        if (!file) {
            perror(paths[i]);
            return 1;
        }
        size_t size = fread(content, 1, sizeof content, file);
        if (ferror(file) || !feof(file)) {
            fprintf(stderr, "%s: cannot be read, or is too large\n", paths[i]);
            return 1;
        }
        fclose(file);
        fprintf(stderr, "%s\n", paths[i]); /* the last one is what it fails at */
        LLVMFuzzerTestOneInput(content, size);
    }
    printf("%d files\n", count - 1);
    return 0;
}
