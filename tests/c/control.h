/* The sandbox's control endpoint, for programs that wait for what it shows and let go what it holds. After
   check.h. */
#ifndef CONTROL_H
#define CONTROL_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the control endpoint answers, head and all; to be freed. */
static inline char *control(const char *method, const char *path) {
    const char *url = given("CONTROL_URL");
    char *reply = calloc(1 << 20, 1), request[300];
    struct sockaddr_in address;
    size_t length = 0;
    ssize_t count;
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(reply != NULL && peer >= 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)atoi(strrchr(url, ':') + 1));
    CHECK(connect(peer, (struct sockaddr *)&address, sizeof address) == 0);
    sprintf(request, "%.10s %.200s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", method, path);
    CHECK(write(peer, request, strlen(request)) == (ssize_t)strlen(request));
    while ((count = read(peer, reply + length, (1 << 20) - 1 - length)) > 0)
        length += (size_t)count;
    close(peer);
    CHECK(strncmp(reply, "HTTP/1.1 200", 12) == 0);
    return reply;
}

/* How many requests of an operation came. */
static inline int came(const char *operation) {
    char *log = control("GET", "/requests"), entry[60];
    const char *at = log;
    int count = 0;
    sprintf(entry, "\"op\":\"%.40s\"", operation);
    while ((at = strstr(at, entry)) != NULL)
        at++, count++;
    free(log);
    return count;
}

/* Forgets the faults of an operation, and lets go the requests that they hold. */
static inline void let_go(const char *operation) {
    char path[60];
    sprintf(path, "/faults/%.40s", operation);
    free(control("DELETE", path));
}

#endif
