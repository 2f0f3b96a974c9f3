/* The sandbox's program for a test that runs under Wine: the native one is started on this machine by
 * tests/platforms/sandboxes.py, and its standard input and output are a connection to there.
 *
 *     dropoff-sandbox.exe serve --exit-with-stdin …      with DROPOFF_SANDBOXES=PORT
 */
#include <winsock2.h>
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static SOCKET connection;

static int fail(const char *what)
{
    fprintf(stderr, "the sandbox's stand-in: %s\n", what);
    return 1;
}

/* The end of our input is the end of the sandbox's. */
static DWORD WINAPI copy_input(void *unused)
{
    char buffer[4096];
    DWORD count = 0;
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    (void)unused;
    while (ReadFile(input, buffer, sizeof buffer, &count, NULL) && count > 0)
        if (send(connection, buffer, (int)count, 0) < 0) break;
    shutdown(connection, SD_SEND);
    return 0;
}

int main(int count, char **words)
{
    WSADATA data;
    struct sockaddr_in address = {0};
    char buffer[4096];
    const char *port = getenv("DROPOFF_SANDBOXES");
    int at, got;

    if (port == NULL) return fail("DROPOFF_SANDBOXES names no port");
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return fail("no sockets");
    connection = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_port = htons((u_short)atoi(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) return fail("nobody starts sandboxes");

    /* The arguments, each in a line, and an empty one. */
    for (at = 1; at < count; at++) {
        send(connection, words[at], (int)strlen(words[at]), 0);
        send(connection, "\n", 1, 0);
    }
    send(connection, "\n", 1, 0);
    if (CreateThread(NULL, 0, copy_input, NULL, 0, NULL) == NULL) return fail("no thread");
    while ((got = recv(connection, buffer, sizeof buffer, 0)) > 0) {
        fwrite(buffer, 1, (size_t)got, stdout);
        fflush(stdout);
    }
    return 0;
}
