"""The one catalogue of metrics: names, help texts, types, units, labels, where each comes from and how often. Pure.

The exporter takes names and help texts from here, `agent.metrics_page` makes docs/reference/metrics.md from it, and the
checks of alert rules and dashboards look names up in it. Metrics of device families beyond these come from the
profiles' own `Metric` entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from collectors.readings import Metric

Type = Literal["gauge", "counter", "info", "histogram", "untyped"]
Every = Literal["pulse", "health", "inventory", "scrape", "event"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One metric family. `every`: the cadence that refreshes it, `scrape` for what is worked out when it is asked for,
    `event` for what changes when something happens."""

    name: str
    help: str
    type: Type
    unit: str
    labels: tuple[str, ...]
    source: str
    every: Every

    @property
    def metric(self) -> Metric:
        kind = self.type if self.type in ("counter", "info") else "gauge"
        return Metric(self.name, self.help, kind)


def _entries(source: str, every: Every, *rows: tuple[str, Type, str, str, str]) -> list[Entry]:
    """Rows of (name, type, unit, labels, help)."""
    return [Entry(n, h, t, u, tuple(ls.split()), source, every) for n, t, u, ls, h in rows]


ABOUT_THE_AGENT = "About the agent"
ABOUT_DEVICES = "About every device"
ON_DEMAND = "Of a look on demand (`/probe`), as blackbox_exporter names them"
READINGS = "Readings"
STANDINGS = "Standing and outages"
HARDWARE = "Hardware register"
INTERFACES = "Interfaces (IF-MIB), as snmp_exporter names them"

_AGENT = [
    *_entries(
        ABOUT_THE_AGENT,
        "event",
        ("hartwatch_build_info", "info", "", "version python", "1, with the version of the agent."),
        ("hartwatch_visits_total", "counter", "", "cadence outcome",
         "Visits made. outcome: reached, silent (nothing answered) or blind (we ourselves were cut off)."),
        ("hartwatch_visit_duration_seconds", "histogram", "seconds", "cadence", "How long visits took."),
        ("hartwatch_visit_failures_total", "counter", "", "stage kind",
         "Things that visits asked for and could not have, by stage (snmp, ssh, icmp, decode ...) and kind of fault."),
        ("hartwatch_visit_requests_total", "counter", "", "", "SNMP requests sent by visits, retries included."),
        ("hartwatch_visit_retries_total", "counter", "", "", "SNMP requests that had to be sent again."),
        ("hartwatch_visit_crashes_total", "counter", "", "",
         "Visits that ended in a mistake of the program: always a bug, please report it with the log."),
        ("hartwatch_snmp_datagrams_total", "counter", "", "event",
         "SNMP datagrams. event: sent, received, strays (late, doubled or forged), strangers (the right id from the "
         "wrong address), send_failures, time_outs."),
        ("hartwatch_snmp_kernel_drops_total", "counter", "", "",
         "SNMP answers that the kernel threw away because a receive buffer was full; raise net.core.rmem_max."),
        ("hartwatch_snmp_scrapes_total", "counter", "", "result",
         "Requests for /snmp. result: ok, failed (the device), refused (the request) or busy (no place came free)."),
        ("hartwatch_snmp_modules_invalid", "gauge", "", "",
         "1 while the files of snmp_modules on disk are invalid and those read before are in force."),
        ("hartwatch_workers", "gauge", "", "", "Worker processes that are wanted; 0 where the agent asks by itself."),
        ("hartwatch_workers_alive", "gauge", "", "", "Worker processes that answer now."),
        ("hartwatch_worker_restarts_total", "counter", "", "", "Worker processes started again after one ended."),
        ("hartwatch_devices_moved_total", "counter", "", "",
         "Devices that another worker took over, or that went home to their own."),
        ("hartwatch_visits_skipped_total", "counter", "", "cadence",
         "Turns left out because the visit before was still going on."),
        ("hartwatch_visits_in_flight", "gauge", "", "", "Visits going on now."),
        ("hartwatch_visits_waiting", "gauge", "", "", "Visits that are due and wait for a place."),
        ("hartwatch_visits_missed_total", "counter", "", "", "Turns that passed while the agent was stalled."),
        ("hartwatch_visits_stuck_total", "counter", "", "", "Visits that hung and were ended by force."),
        ("hartwatch_visits_unrecorded_total", "counter", "", "",
         "Judgements put off because the ledger could not take them."),
        ("hartwatch_clock_steps_total", "counter", "", "", "Times that the machine's clock was set while running."),
        ("hartwatch_messages_total", "counter", "", "outcome",
         "Messages to people: sent, failed (attempts, tried again) or given_up (nobody was told)."),
        ("hartwatch_channel_messages_total", "counter", "", "channel outcome",
         "Messages to people by channel: sent, failed (attempts, tried again) or given_up (nobody was told over it)."),
        ("hartwatch_channel_messages_waiting", "gauge", "", "channel",
         "Messages that are still to be told over a channel, as of seconds ago."),
        ("hartwatch_channel_last_sent_timestamp_seconds", "gauge", "seconds", "channel",
         "When a message was last told over a channel; nothing before the first one since the start."),
        ("hartwatch_paper_last_draft_timestamp_seconds", "gauge", "seconds", "",
         "When the draft of the last quarter's paper was written; nothing while there is none."),
        ("hartwatch_paper_draft_failures_total", "counter", "", "",
         "Tries to write a draft of a quarter's paper that failed, since the start; each is made again an hour later."),
        ("hartwatch_alertmanager_alerts", "gauge", "", "channel",
         "Alerts that stand, as a cluster of Alertmanagers is sent them."),
        ("hartwatch_alertmanager_silences", "gauge", "", "channel",
         "Silences that are wanted there for planned maintenance of the next days."),
        ("hartwatch_alertmanager_last_refresh_timestamp_seconds", "gauge", "seconds", "channel",
         "When all that stands was last sent again and taken."),
        ("hartwatch_alertmanager_up", "gauge", "", "channel peer", "1 if an Alertmanager took what it was last sent."),
        ("hartwatch_schedule_lateness_seconds", "histogram", "seconds", "cadence",
         "How long after its turn a visit began."),
        ("hartwatch_agent_blind", "gauge", "", "",
         "1 while nothing answers and the agent's own self-check fails: nobody is accused meanwhile."),
        ("hartwatch_inventory_invalid", "gauge", "", "",
         "1 while the inventory file on disk is invalid and an older one is in force."),
        ("hartwatch_settings_invalid", "gauge", "", "",
         "1 while the settings on disk are invalid and older ones are in force."),
        ("hartwatch_settings_waiting", "gauge", "", "",
         "Settings that differ on disk from those in force and are taken on by a restart only."),
        ("hartwatch_inventory_devices", "gauge", "", "", "Devices in the inventory in force."),
        ("hartwatch_config_last_reload_successful", "gauge", "", "",
         "1 if the last reload of settings and inventory worked."),
        ("hartwatch_config_last_reload_success_timestamp_seconds", "gauge", "seconds", "",
         "When the inventory in force was loaded."),
        ("hartwatch_web_config_invalid", "gauge", "", "",
         "1 while the web configuration or the users file on disk is invalid and an older one is in force."),
        ("hartwatch_web_config_loaded_timestamp_seconds", "gauge", "seconds", "",
         "When the web configuration in force was loaded or found unchanged; nothing where there is no such file."),
        ("hartwatch_web_certificate_expiry_timestamp_seconds", "gauge", "seconds", "",
         "When the certificate ends that the agent itself shows; nothing without TLS."),
        ("hartwatch_web_refusals_total", "counter", "", "reason",
         "Requests and connections refused: users (no or wrong password or token), certificate (a verified client "
         "whose name is not let in), busy (too many passwords at once), slowed (too many wrong ones before), rate "
         "(rate_limit), name (asked for under a foreign name), role (may not do this), foreign (sent by a page "
         "elsewhere)."),
        ("hartwatch_ledger_buffered_records", "gauge", "", "",
         "Facts waiting in memory because the ledger cannot be written."),
        ("hartwatch_ledger_errors_total", "counter", "", "", "Failed attempts to write to the ledger."),
        ("hartwatch_ledger_bytes", "gauge", "bytes", "", "Size of the ledger's file."),
        ("hartwatch_event_loop_lag_seconds", "gauge", "seconds", "",
         "How late the agent's event loop woke, the worst of the last minute."),
        ("hartwatch_exposition_seconds", "histogram", "seconds", "page", "How long a page of metrics took to render."),
    ),
    *_entries(
        ABOUT_THE_AGENT,
        "scrape",
        ("hartwatch_exposition_clashes", "gauge", "", "",
         "Series that carried the name and labels of another one and were told apart or left out."),
        ("hartwatch_unknown_neighbours", "gauge", "", "",
         "Neighbours that LLDP or CDP tell of and the inventory does not have, phones and hosts left out."),
    ),
]  # fmt: skip

_DEVICES = [
    *_entries(
        ABOUT_DEVICES,
        "scrape",
        ("hartwatch_device_info", "info", "", "device site role zone council vendor model version",
         "1, with what else is known of the device; join with `* on(device) group_left(site) hartwatch_device_info`."),
        ("hartwatch_device_up", "gauge", "", "device",
         "1 if the last visit was answered, 0 if not; nothing before the first visit and while the agent is blind."),
        ("hartwatch_device_silent_visits", "gauge", "", "device", "Visits in a row that nothing answered."),
        ("hartwatch_visit_last_success_timestamp_seconds", "gauge", "seconds", "device cadence",
         "When the last visit of this cadence began that was answered."),
        ("hartwatch_data_age_seconds", "gauge", "seconds", "device",
         "Age of the newest reading of this device."),
        ("hartwatch_visit_seconds", "gauge", "seconds", "device", "How long the last answered visit took."),
        ("hartwatch_visit_requests", "gauge", "", "device", "SNMP requests of the last answered visit."),
        ("hartwatch_visit_failures", "gauge", "", "device",
         "Things that the last answered visit asked for and could not have."),
    ),
    *_entries(
        ABOUT_DEVICES,
        "pulse",
        ("hartwatch_device_uptime_seconds", "gauge", "seconds", "device", "Time since the device restarted."),
        ("hartwatch_device_answered", "gauge", "", "device source",
         "1 if this source (snmp, ssh, icmp, tcp, http, dns) answered the last answered visit, 0 if it stayed silent."),
    ),
]  # fmt: skip

_PROBES = [
    *_entries(
        ABOUT_THE_AGENT,
        "event",
        ("hartwatch_probes_total", "counter", "", "outcome",
         "Looks on demand: reached, silent, late (the asker had to go before it was over) or refused (too many)."),
    ),
    *_entries(
        ON_DEMAND,
        "scrape",
        ("probe_success", "gauge", "", "", "1 if the device answered this look before the asker's patience ended."),
        ("probe_duration_seconds", "gauge", "seconds", "", "How long the asker waited for the look."),
    ),
]  # fmt: skip

_SENSOR = "device sensor index kind"
_READINGS = [
    *_entries(
        READINGS,
        "health",
        ("hartwatch_sensor_celsius", "gauge", "celsius", _SENSOR, "Temperature."),
        ("hartwatch_sensor_volts", "gauge", "volts", _SENSOR, "Voltage."),
        ("hartwatch_sensor_amperes", "gauge", "amperes", _SENSOR, "Current."),
        ("hartwatch_sensor_watts", "gauge", "watts", _SENSOR, "Power."),
        ("hartwatch_sensor_voltamperes", "gauge", "voltamperes", _SENSOR, "Apparent power."),
        ("hartwatch_sensor_joules", "gauge", "joules", _SENSOR, "Energy."),
        ("hartwatch_sensor_hertz", "gauge", "hertz", _SENSOR, "Frequency."),
        ("hartwatch_sensor_rpm", "gauge", "rpm", _SENSOR, "Speed of a fan, revolutions per minute."),
        ("hartwatch_sensor_ratio", "gauge", "ratio", _SENSOR,
         "A share of 0 to 1: humidity, charge, load; see the label kind."),
        ("hartwatch_sensor_seconds", "gauge", "seconds", _SENSOR, "A time, such as the runtime left on battery."),
        ("hartwatch_sensor_dbm", "gauge", "dbm", _SENSOR, "Optical or radio power, decibels over one milliwatt."),
        ("hartwatch_sensor_pascals", "gauge", "pascals", _SENSOR, "Pressure."),
        ("hartwatch_sensor_decibels", "gauge", "decibels", _SENSOR, "A ratio of powers, such as signal to noise."),
        ("hartwatch_sensor_bits_per_second", "gauge", "bits_per_second", _SENSOR, "Bit rate."),
        ("hartwatch_sensor_litres_per_minute", "gauge", "litres_per_minute", _SENSOR, "Flow of water."),
        ("hartwatch_sensor_cubic_metres_per_hour", "gauge", "cubic_metres_per_hour", _SENSOR, "Flow of air."),
        ("hartwatch_sensor_number", "gauge", "", _SENSOR, "A number of things; kind count."),
        ("hartwatch_sensor_value", "gauge", "", _SENSOR, "A reading whose unit is none of the others."),
        ("hartwatch_sensor_level", "gauge", "", _SENSOR,
         "What the device itself thinks of a sensor: 0 ok, 1 warning, 2 critical, 3 unknown."),
        ("hartwatch_sensor_state_info", "info", "", "device sensor index kind state",
         "1, with the state that the device reports for a sensor."),
        ("hartwatch_cpu_usage_ratio", "gauge", "ratio", "device cpu index", "Share of a processor in use."),
        ("hartwatch_memory_usage_ratio", "gauge", "ratio", "device memory index", "Share of a memory in use."),
        ("hartwatch_memory_used_bytes", "gauge", "bytes", "device memory index", "Memory in use."),
        ("hartwatch_memory_total_bytes", "gauge", "bytes", "device memory index", "Memory there is."),
        ("hartwatch_storage_usage_ratio", "gauge", "ratio", "device storage index", "Share of a storage area in use."),
        ("hartwatch_storage_used_bytes", "gauge", "bytes", "device storage index", "Storage in use."),
        ("hartwatch_storage_total_bytes", "gauge", "bytes", "device storage index", "Storage there is."),
        ("hartwatch_check_level", "gauge", "", "device check subject",
         "A state that the device reports, judged: 0 ok, 1 warning, 2 critical, 3 unknown."),
        ("hartwatch_check_state_info", "info", "", "device check subject state",
         "1, with the state in the device's own word."),
        ("hartwatch_licence_expiry_timestamp_seconds", "gauge", "seconds", "device licence index",
         "When a licence, subscription or support contract ends; the days left are (this - time()) / 86400."),
        ("hartwatch_probe_success", "gauge", "", "device kind probe",
         "Whether a look from outside (icmp, tcp, http, dns) found what it should (1) or not (0); every pulse."),
        ("hartwatch_probe_duration_seconds", "gauge", "seconds", "device kind probe",
         "Time from the first packet of a look to the end of its answer; every pulse."),
        ("hartwatch_probe_loss_ratio", "gauge", "ratio", "device kind probe",
         "Share of echo requests without an answer; every pulse."),
        ("hartwatch_http_status_code", "gauge", "", "device kind probe",
         "Status code of the last answer (RFC 9110 section 15); every pulse."),
        ("hartwatch_certificate_expiry_timestamp_seconds", "gauge", "seconds", "device kind probe",
         "When the certificate, or the first of those that signed it, ends; every pulse. kind stored: one that the "
         "device says it keeps, with its name as probe."),
        ("hartwatch_wifi_clients", "gauge", "", "device", "Clients that are connected."),
        ("hartwatch_wifi_access_points", "gauge", "", "device", "Access points that the controller knows."),
        ("hartwatch_wifi_access_points_up", "gauge", "", "device", "Access points that are joined and working."),
        ("hartwatch_wifi_access_points_down", "gauge", "", "device", "Access points that the controller has lost."),
        ("hartwatch_wifi_figure", "gauge", "", "device figure", "Any other figure that a wireless device gives."),
    ),
]  # fmt: skip

_STANDINGS = _entries(
    STANDINGS,
    "event",
    ("hartwatch_subject_info", "info", "", "subject kind name device site class council",
     "1, for each subject (device, link, site, service, redundancy group), with its name for people and where it "
     "belongs; empty where that does not apply or is more than one, `both` for a council where it is more than one."),
    ("hartwatch_link_info", "info", "", "subject link site council supplier circuit redundancy device ifName",
     "1, for each interface by which a link is seen; join interface counters by device and ifName."),
    ("hartwatch_link_speed_bits_per_second", "gauge", "bits_per_second", "subject",
     "Speed of a link that is paid for, by the inventory."),
    ("hartwatch_standing", "gauge", "", "subject standing",
     "1 for the standing that a device, link, site or service has now (up, degraded, down, blind), 0 for the others."),
    ("hartwatch_standing_since_timestamp_seconds", "gauge", "seconds", "subject", "Since when it stands like that."),
    ("hartwatch_outage_open", "gauge", "", "subject cause",
     "1 while an outage is open, or flaps; cause is the subject that carries this one down, or empty."),
    ("hartwatch_outage_began_timestamp_seconds", "gauge", "seconds", "subject", "When the open outage began."),
    ("hartwatch_outages_total", "counter", "", "subject planned",
     "Outages in the ledger; planned: yes for those that lie in planned maintenance altogether."),
    ("hartwatch_downtime_seconds_total", "counter", "seconds", "subject hours",
     "Time down outside of planned maintenance, by the kind of hours counted: service or all."),
    ("hartwatch_fix_time_seconds", "histogram", "seconds", "hours",
     "How long outages took to fix that were a cause, without pauses and planned maintenance: all hours, and service."),
    ("hartwatch_fix_clock_used_ratio", "gauge", "ratio", "subject",
     "Share of the fix target that an open outage has used, on the clock that counts for it; above 1: missed."),
    ("hartwatch_fix_clock_paused", "gauge", "", "subject", "1 while the fix clock of an open outage is paused."),
    ("hartwatch_fix_clock_deadline_timestamp_seconds", "gauge", "seconds", "subject",
     "When the fix target of an open outage is or was used up; absent while its clock is paused."),
    ("hartwatch_outage_acknowledged", "gauge", "", "subject", "1 while somebody has acknowledged the open outage."),
    ("hartwatch_flapping", "gauge", "", "subject", "1 while it goes down again and again within minutes."),
    ("hartwatch_redundancy_lost", "gauge", "", "subject cause",
     "1 while legs of a redundancy group (links, members, power supplies, data centres) are out, 0 while all serve; "
     "cause is the subject whose outage it is, or empty."),
    ("hartwatch_readiness_ratio", "gauge", "ratio", "site",
     "Share of the services that a data centre would carry for certain if the others were lost now."),
    ("hartwatch_readiness_legs", "gauge", "", "site kind",
     "Links, power, network and hosts that a data centre has, by the inventory."),
    ("hartwatch_readiness_legs_up", "gauge", "", "site kind", "How many of them are up."),
    ("hartwatch_full_service_deadline_timestamp_seconds", "gauge", "seconds", "site",
     "When a data centre has to carry full service because another is lost; absent while none is."),
    ("hartwatch_full_service_missing", "gauge", "", "site", "Services not up while another data centre is lost."),
    ("hartwatch_maintenance", "gauge", "", "subject", "1 while it is in planned maintenance."),
    ("hartwatch_quarter_seconds", "gauge", "seconds", "subject hours state",
     "What the quarter amounts to so far, for services, sites and links: up, down, planned and blind add up to it."),
    ("hartwatch_quarter_availability_ratio", "gauge", "ratio", "subject hours bound",
     "Availability in the quarter so far: achieved, and if all blind time had been down (lower) or up (upper)."),
    ("hartwatch_availability_target_ratio", "gauge", "ratio", "subject", "Availability that was agreed for a service."),
)  # fmt: skip

_HARDWARE = _entries(
    HARDWARE,
    "event",
    ("hartwatch_asset_info", "info", "", "device part place vendor model serial class site council",
     "1, for each piece of hardware; class and site of its device, and the council that owns the site."),
    ("hartwatch_asset_age_seconds", "gauge", "seconds", "device part place serial evidence",
     "Age of a piece of hardware, with the evidence for it."),
    ("hartwatch_asset_stage", "gauge", "", "device part place serial stage",
     "1 for the stage of life that a piece of hardware is in."),
    ("hartwatch_asset_refresh_due_timestamp_seconds", "gauge", "seconds", "device part place serial",
     "When it is to be replaced."),
    ("hartwatch_asset_end_of_support_timestamp_seconds", "gauge", "seconds", "device part place serial",
     "When the vendor's support of it ends."),
    ("hartwatch_asset_kept_until_timestamp_seconds", "gauge", "seconds", "device part place serial exception",
     "When the exception by which it is kept for longer expires, or has expired."),
    ("hartwatch_asset_software_stage", "gauge", "", "device part place serial stage",
     "1 for how its software stands: current, review_due or unsupported."),
    ("hartwatch_asset_conflicts", "gauge", "", "device part place serial",
     "Pieces of evidence of its age that contradict the best one; only where there are any."),
    ("hartwatch_assets", "gauge", "", "stage class site council", "Pieces of hardware by stage of life."),
    ("hartwatch_refresh_cost_pounds", "gauge", "pounds", "year council",
     "What a council pays for replacing hardware in a financial year, by the refresh programme under the inventory's "
     "cap, without VAT. Hardware without a price is not in it."),
    ("hartwatch_refresh_due", "gauge", "", "year",
     "Pieces of hardware that the refresh programme replaces in a financial year, those without a price among them."),
)  # fmt: skip

_IF = "device ifIndex ifName ifAlias ifDescr"
_INTERFACES = _entries(
    INTERFACES,
    "pulse",
    ("ifHCInOctets", "counter", "bytes", _IF, "Octets received, 64 bit."),
    ("ifHCOutOctets", "counter", "bytes", _IF, "Octets sent, 64 bit."),
    ("ifInErrors", "counter", "", _IF, "Received packets with errors."),
    ("ifOutErrors", "counter", "", _IF, "Packets that could not be sent because of errors."),
    ("ifInDiscards", "counter", "", _IF, "Received packets thrown away without an error."),
    ("ifOutDiscards", "counter", "", _IF, "Packets to be sent that were thrown away without an error."),
    ("ifAdminStatus", "gauge", "", _IF, "1 up, 2 down, 3 testing."),
    ("ifOperStatus", "gauge", "", _IF, "1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 absent, 7 layer below down."),
    ("ifHighSpeed", "gauge", "", _IF, "Speed in units of 1,000,000 bit/s, as the MIB has it."),
    ("sysUpTime", "gauge", "", "device", "Hundredths of a second since the SNMP agent restarted."),
)  # fmt: skip

CATALOGUE: tuple[Entry, ...] = (*_AGENT, *_PROBES, *_DEVICES, *_READINGS, *_STANDINGS, *_HARDWARE, *_INTERFACES)
_BY_NAME = {entry.name: entry for entry in CATALOGUE}
RESERVED = frozenset(
    e.name for e in CATALOGUE if e.source in (ABOUT_THE_AGENT, ON_DEMAND, ABOUT_DEVICES, STANDINGS, HARDWARE)
)
"""Names that are the agent's own; a device profile may not use them."""


def find(name: str) -> Entry:
    """The entry of a name; KeyError if the catalogue has none (a programmer's mistake)."""
    return _BY_NAME[name]


def metric(name: str) -> Metric:
    return _BY_NAME[name].metric
