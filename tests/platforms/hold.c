/* Has a file open and shares it with nobody, as Chrome has its lockfile and its cookies, until its input ends.
 *
 *     hold.exe PATH
 */
#include <windows.h>

#include <stdio.h>

int wmain(int count, wchar_t **words)
{
    HANDLE file;
    if (count != 2) return 2;
    file = CreateFileW(words[1], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "error %lu\n", GetLastError());
        return 1;
    }
    puts("held");
    fflush(stdout);
    while (getchar() != EOF) {}
    return 0;
}
