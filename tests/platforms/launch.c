/* Starts a program for Windows as a test on Linux means it. Wine takes some variables of the environment for
 * itself, such as HOME and TMP, so that a variable that the program is to see comes as WINDOWS_NAME.
 *
 *     launch.exe PROGRAM ARGUMENT …
 */
#include <windows.h>

#include <stdio.h>
#include <wchar.h>

static const wchar_t PREFIX[] = L"WINDOWS_";

static void set_variables(void)
{
    const size_t length = wcslen(PREFIX);
    wchar_t *each, *block = GetEnvironmentStringsW();
    for (each = block; *each; each += wcslen(each) + 1) {
        wchar_t *value = wcschr(each + 1, L'=');
        if (value == NULL || wcsncmp(each, PREFIX, length) != 0) continue;
        *value = 0;
        SetEnvironmentVariableW(each + length, value + 1);
        SetEnvironmentVariableW(each, NULL);
        *value = L'=';
    }
    FreeEnvironmentStringsW(block);
}

/* All but the first word, quoted as it came. */
static wchar_t *rest_of_command_line(void)
{
    wchar_t *rest = GetCommandLineW();
    const wchar_t end = *rest == L'"' ? L'"' : L' ';
    rest = wcschr(rest + 1, end);
    return rest == NULL ? NULL : rest + 1 + wcsspn(rest + 1, L" ");
}

/* Ctrl-C is the program's, and this one waits for how that ends. */
static BOOL WINAPI ignore(DWORD event)
{
    (void)event;
    return TRUE;
}

/* Whoever kills this program kills that one. */
static void end_with_us(HANDLE process)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    HANDLE job = CreateJobObjectW(NULL, NULL);
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    AssignProcessToJobObject(job, process);
}

int main(void)
{
    STARTUPINFOW startup = {0};
    PROCESS_INFORMATION started;
    DWORD code = 1;
    wchar_t *line = rest_of_command_line();

    startup.cb = sizeof startup;
    set_variables();
    SetConsoleCtrlHandler(ignore, TRUE);
    if (line == NULL || !CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &started)) {
        fprintf(stderr, "launch: error %lu\n", GetLastError());
        return 1;
    }
    end_with_us(started.hProcess);
    WaitForSingleObject(started.hProcess, INFINITE);
    GetExitCodeProcess(started.hProcess, &code);
    return (int)code;
}
