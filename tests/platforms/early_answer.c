/* What is heard of an answer that came before the connection was reset, by plain sockets. A server takes the
 * beginning of an upload, answers, and closes without reading on, as a storage that refuses early; the client
 * goes on writing.
 *
 *     early_answer late     reads once a write fails
 *     early_answer early    looks before each write whether there is something to read
 *
 * Prints what recv gives: the answer, or `error NUMBER`. Ends with 2 where it shows nothing.
 */
#ifdef _WIN32
#include <winsock2.h>
#define last_error WSAGetLastError
#define WOULD_BLOCK WSAEWOULDBLOCK
#else
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>
#define SOCKET int
#define closesocket close
#define last_error() errno
#define WOULD_BLOCK EAGAIN
#endif

#include <stdio.h>
#include <string.h>

static const char ANSWER[] = "HTTP/1.1 403 Forbidden";
static char chunk[16384];

static void set_non_blocking(SOCKET of)
{
#ifdef _WIN32
    u_long yes = 1;
    ioctlsocket(of, FIONBIO, &yes);
#else
    fcntl(of, F_SETFL, O_NONBLOCK);
#endif
}

/* Both ends of a connection over loopback. */
static int connect_ends(SOCKET *client, SOCKET *server)
{
    struct sockaddr_in place;
    int length = sizeof place;
    SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
    memset(&place, 0, sizeof place);
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&place, sizeof place) != 0) return 0;
    if (listen(listener, 1) != 0) return 0;
    if (getsockname(listener, (struct sockaddr *)&place, (void *)&length) != 0) return 0;
    *client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(*client, (struct sockaddr *)&place, sizeof place) != 0) return 0;
    *server = accept(listener, NULL, NULL);
    closesocket(listener);
    return 1;
}

/* Whether recv gave something to tell. */
static int tell_received(SOCKET client)
{
    char heard[sizeof ANSWER] = {0};
    int got = (int)recv(client, heard, sizeof heard - 1, 0);
    if (got < 0 && last_error() == WOULD_BLOCK) return 0;
    if (got < 0) printf("error %d\n", last_error());
    else printf("%s\n", heard);
    return 1;
}

enum event { READABLE, WRITABLE };

/* Whether that comes to pass within ten seconds. */
static int comes(SOCKET client, enum event event)
{
    struct timeval patience = {10, 0};
    fd_set of;
    FD_ZERO(&of);
    FD_SET(client, &of);
    return select((int)client + 1, event == READABLE ? &of : NULL, event == WRITABLE ? &of : NULL, NULL,
                  &patience) == 1;
}

/* Writes until there is no more room, or an error; whether it was for want of room. */
static int fill(SOCKET client)
{
    while (send(client, chunk, sizeof chunk, 0) > 0) {}
    return last_error() == WOULD_BLOCK;
}

/* Whether a write fails at last. */
static int breaks(SOCKET client)
{
    while (fill(client))
        if (!comes(client, WRITABLE)) return 0;
    return 1;
}

int main(int count, char **words)
{
    SOCKET client, server;
    int is_early = count == 2 && strcmp(words[1], "early") == 0;
#ifdef _WIN32
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return 2;
#endif
    if (count != 2 || !connect_ends(&client, &server)) return 2;
    set_non_blocking(client);
    send(client, chunk, sizeof chunk, 0);
    recv(server, chunk, 1000, 0);
    send(server, ANSWER, (int)strlen(ANSWER), 0);
    /* It is there before the reset. */
    if (!comes(client, READABLE)) return 2;
    if (is_early && tell_received(client)) return 0;
    if (!fill(client)) return 2;
    closesocket(server);
    return breaks(client) && tell_received(client) ? 0 : 2;
}
