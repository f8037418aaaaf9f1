/* The GETs of snmp_engines.py by net-snmp's own library: what a poll costs a program in C.
 *
 *     cc -O2 -o netsnmp_get netsnmp_get.c -lnetsnmp      (Debian: libsnmp-dev)
 *     netsnmp_get 2c|3 PORT TOGETHER CELLS_PER_REQUEST
 *
 * Standard input: an address a line, an empty line, then "name value" for each cell, an empty line, and from then on one
 * round for each line. A round polls every address for every cell, TOGETHER addresses at a time, and ends in a line of
 * JSON: CPU time (user and system) in milliseconds a poll, and how many values were right. A value that is missing, of
 * another name, not a number or another number ends the program with status 1.
 *
 * Sessions are opened once, before the first round, as a poller that runs for years would have them: discovering a
 * version 3 engine and making its keys is not in any round. The sockets are polled here and only the ready session is
 * read: asking libsnmp for the sockets of all sessions at each turn (snmp_sess_select_info) costs it more than needed,
 * and this is the measure that the other engines are held against.
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/large_fd_set.h>

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define WAIT_MS 100 /* how long a lost datagram may go unnoticed; libsnmp keeps the time-outs themselves */

struct cell {
    oid name[MAX_OID_LEN];
    size_t length;
    uint64_t value;
};

struct device {
    void *session;
    size_t asked; /* cells asked for so far, in this round */
    size_t sent;  /* cells of the request that is on its way */
    int fd;
    int busy;
};

static struct cell *cells;
static struct device *devices;
static size_t cell_count, device_count, per_request;
static uint64_t right;

static void die(const char *what, const char *more)
{
    fprintf(stderr, "netsnmp_get: %s %s\n", what, more);
    exit(1);
}

static void *grown(void *old, size_t count, size_t size)
{
    /* by doubling, whenever the count is a power of two */
    void *bigger = old;
    if ((count & (count - 1)) == 0)
        bigger = realloc(old, (count ? 2 * count : 1) * size);
    if (bigger == NULL)
        die("no memory", "");
    return bigger;
}

static int number_of(const netsnmp_variable_list *bind, uint64_t *value)
{
    switch (bind->type) {
    case ASN_INTEGER:
        *value = (uint64_t)*bind->val.integer;
        return 1;
    case ASN_COUNTER:
    case ASN_GAUGE:
    case ASN_TIMETICKS:
        *value = (uint32_t)*bind->val.integer;
        return 1;
    case ASN_COUNTER64:
        *value = (uint64_t)bind->val.counter64->high << 32 | bind->val.counter64->low;
        return 1;
    default:
        return 0;
    }
}

static int answered(int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *magic);

static void ask(struct device *device)
{
    netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);
    size_t until = device->asked + per_request < cell_count ? device->asked + per_request : cell_count;

    for (size_t at = device->asked; at < until; at++)
        snmp_add_null_var(pdu, cells[at].name, cells[at].length);
    device->sent = until - device->asked;
    if (!snmp_sess_async_send(device->session, pdu, answered, device))
        die("cannot send:", snmp_api_errstring(snmp_sess_session(device->session)->s_snmp_errno));
}

static int answered(int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *magic)
{
    struct device *device = magic;
    const struct cell *cell = &cells[device->asked];
    const netsnmp_variable_list *bind;
    size_t got = 0;
    uint64_t value;

    (void)id;
    if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE) {
        if (operation == NETSNMP_CALLBACK_OP_RESEND)
            return 1;
        die("no answer from", session->peername);
    }
    if (pdu->command != SNMP_MSG_RESPONSE || pdu->errstat != SNMP_ERR_NOERROR)
        die("a report or an error from", session->peername);
    for (bind = pdu->variables; bind != NULL; bind = bind->next_variable, cell++, got++) {
        if (got == device->sent || snmp_oid_compare(bind->name, bind->name_length, cell->name, cell->length) != 0)
            die("another name from", session->peername);
        if (!number_of(bind, &value) || value != cell->value)
            die("a wrong value from", session->peername);
    }
    if (got != device->sent)
        die("too few values from", session->peername);
    right += got;
    device->asked += got;
    if (device->asked < cell_count)
        ask(device);
    else
        device->busy = 0;
    return 1;
}

static void poll_all(size_t together)
{
    struct pollfd *slots = calloc(together, sizeof *slots);
    struct device **of = calloc(together, sizeof *of);
    netsnmp_large_fd_set ready;
    size_t next = 0, busy = 0;

    if (slots == NULL || of == NULL)
        die("no memory", "");
    netsnmp_large_fd_set_init(&ready, FD_SETSIZE);
    NETSNMP_LARGE_FD_ZERO(&ready);
    for (;;) {
        while (busy < together && next < device_count) {
            of[busy] = &devices[next++];
            of[busy]->asked = 0;
            of[busy]->busy = 1;
            slots[busy].fd = of[busy]->fd;
            slots[busy].events = POLLIN;
            ask(of[busy++]);
        }
        if (busy == 0)
            break;
        int count = poll(slots, busy, WAIT_MS);
        for (size_t at = busy; at-- > 0;) {
            if (count == 0)
                snmp_sess_timeout(of[at]->session);
            else if (slots[at].revents) {
                NETSNMP_LARGE_FD_SET(slots[at].fd, &ready);
                snmp_sess_read2(of[at]->session, &ready);
                NETSNMP_LARGE_FD_CLR(slots[at].fd, &ready);
            }
            if (!of[at]->busy) { /* done: the last one takes its place, which was looked at already */
                of[at] = of[--busy];
                slots[at] = slots[busy];
            }
        }
    }
    netsnmp_large_fd_set_cleanup(&ready);
    free(slots);
    free(of);
}

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void version_3(netsnmp_session *session)
{
    static char user[] = "hart"; /* the user and secrets of _snmp_responder.py */
    static const char auth[] = "maplesyrup auth", priv[] = "maplesyrup priv";

    session->version = SNMP_VERSION_3;
    session->securityName = user;
    session->securityNameLen = strlen(user);
    session->securityLevel = SNMP_SEC_LEVEL_AUTHPRIV;
    session->securityAuthProto = usmHMACSHA1AuthProtocol;
    session->securityAuthProtoLen = USM_AUTH_PROTO_SHA_LEN;
    session->securityPrivProto = usmAESPrivProtocol;
    session->securityPrivProtoLen = USM_PRIV_PROTO_AES_LEN;
    session->securityAuthKeyLen = USM_AUTH_KU_LEN;
    session->securityPrivKeyLen = USM_PRIV_KU_LEN;
    if (generate_Ku(usmHMACSHA1AuthProtocol, USM_AUTH_PROTO_SHA_LEN, (const u_char *)auth, sizeof auth - 1,
                    session->securityAuthKey, &session->securityAuthKeyLen) != SNMPERR_SUCCESS ||
        generate_Ku(usmHMACSHA1AuthProtocol, USM_AUTH_PROTO_SHA_LEN, (const u_char *)priv, sizeof priv - 1,
                    session->securityPrivKey, &session->securityPrivKeyLen) != SNMPERR_SUCCESS)
        die("no keys from", "libsnmp");
}

static void open_session(const char *version, const char *port, const char *address)
{
    static char community[] = "bench";
    static netsnmp_session session; /* the keys made from the secrets are the same for all: made once */
    char peer[300];
    struct device *device;

    if (device_count == 0) {
        snmp_sess_init(&session);
        session.timeout = 2000000;
        session.retries = 1;
        if (strcmp(version, "3") == 0)
            version_3(&session);
        else {
            session.version = SNMP_VERSION_2c;
            session.community = (u_char *)community;
            session.community_len = strlen(community);
        }
    }
    snprintf(peer, sizeof peer, "udp:%s:%s", address, port);
    session.peername = peer;
    devices = grown(devices, device_count, sizeof *devices);
    device = &devices[device_count++];
    memset(device, 0, sizeof *device);
    device->session = snmp_sess_open(&session);
    if (device->session == NULL)
        die("cannot open a session with", address);
    device->fd = snmp_sess_transport(device->session)->sock;
}

int main(int argc, char **argv)
{
    char line[512], name[256];
    unsigned long long value;

    if (argc != 5)
        die("usage: netsnmp_get", "2c|3 PORT TOGETHER CELLS_PER_REQUEST");
    /* No configuration, no MIB files and no file for the boots counter: nothing of this machine's gets into a figure. */
    setenv("MIBS", "", 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    init_snmp("netsnmp_get");

    per_request = strtoul(argv[4], NULL, 10);
    while (fgets(line, sizeof line, stdin) && sscanf(line, "%255s", name) == 1)
        open_session(argv[1], argv[2], name);
    while (fgets(line, sizeof line, stdin) && sscanf(line, "%255s %llu", name, &value) == 2) {
        cells = grown(cells, cell_count, sizeof *cells);
        cells[cell_count].length = MAX_OID_LEN;
        cells[cell_count].value = value;
        if (!read_objid(name, cells[cell_count].name, &cells[cell_count].length))
            die("not a name:", name);
        cell_count++;
    }
    if (device_count == 0 || cell_count == 0 || per_request == 0 || strtoul(argv[3], NULL, 10) == 0)
        die("nothing to ask", "");
    while (fgets(line, sizeof line, stdin)) {
        double before = cpu_seconds();
        right = 0;
        poll_all(strtoul(argv[3], NULL, 10));
        printf("{\"ms\": %.6f, \"values\": %llu}\n", 1000 * (cpu_seconds() - before) / (double)device_count,
               (unsigned long long)right);
        fflush(stdout);
    }
    return 0;
}
