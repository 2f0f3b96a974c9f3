/* Preloaded before a program: a disk that is full for unnamed temporary files, which have no link. */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t write(int file, const void *bytes, size_t count) {
    ssize_t (*real)(int, const void *, size_t);
    void *symbol = dlsym(RTLD_NEXT, "write");
    struct stat about;
    if (fstat(file, &about) == 0 && S_ISREG(about.st_mode) && about.st_nlink == 0) {
        errno = ENOSPC;
        return -1;
    }
    memcpy(&real, &symbol, sizeof real);
    return real(file, bytes, count);
}
