//! Logs of servers, applications, builds and gateways.

use super::Family;

const fn family(name: &'static str, held_out: bool, pieces: &'static [&'static str]) -> Family {
    Family { name, held_out, pieces, count: (4, 14), texts: 70 }
}

pub(super) const FAMILIES: &[Family] = &[
    family(
        "application",
        false,
        &[
            "§d §t INFO  [§n1-worker-§i] ⟦started|stopped|reset|restarted⟧ in §i ms",
            "§d §t WARN  ignoring unknown option '⟦mode|role|prompt|rules⟧' in /etc/§n.conf",
            "§d §t ERROR could not §v §n §i: previous request is still running",
            "§d §t DEBUG §n1 §i: rules loaded (§i), overrides=§i, hidden=false",
            "§d §t INFO  user=§p role=⟦admin|user|developer⟧ action=§v target=§n status=ok",
            "§d §t INFO  system prompt version §i loaded from prompts/§n.md",
            "§d §t WARN  password of user §p expires in §i days",
            "§d §t ERROR all previous attempts failed, giving up after §i retries",
            "§d §t INFO  entering maintenance mode",
            "§d §t INFO  command '§v §n' finished with exit code ⟦0|1|2⟧",
        ],
    ),
    family(
        "json_lines",
        false,
        &[
            "{\"level\":\"info\",\"ts\":\"§dT§tZ\",\"msg\":\"request\",\"path\":\"/v1/§ns/§i\",\"role\":\"⟦admin|user|system⟧\",\"ms\":§i}",
            "{\"level\":\"warn\",\"ts\":\"§dT§tZ\",\"msg\":\"prompt truncated\",\"model\":\"⟦small|large⟧\",\"dropped\":§i}",
            "{\"level\":\"error\",\"ts\":\"§dT§tZ\",\"msg\":\"could not §v §n\",\"err\":\"context deadline exceeded\"}",
            "{\"level\":\"info\",\"ts\":\"§dT§tZ\",\"msg\":\"guard\",\"rule\":\"J010\",\"kind\":\"injection\",\"action\":\"⟦flag|block⟧\",\"score\":0.§i}",
            "{\"level\":\"debug\",\"ts\":\"§dT§tZ\",\"msg\":\"mode changed\",\"from\":\"safe\",\"to\":\"⟦debug|developer⟧\"}",
        ],
    ),
    family(
        "syslog",
        false,
        &[
            "Nov §i §t §w sudo: §p : TTY=pts/0 ; PWD=/home/§p ; USER=root ; COMMAND=/usr/bin/systemctl restart §n",
            "Nov §i §t §w systemd[1]: Started §n1 §v service.",
            "Nov §i §t §w kernel: [§i.§i] §n1: ignoring interrupt §i",
            "Nov §i §t §w sshd[§i]: Accepted publickey for ⟦root|admin|deploy⟧ from port §i ssh2",
            "Nov §i §t §w CRON[§i]: (root) CMD (/usr/local/bin/§v-§n)",
            "Nov §i §t §w dbus-daemon[§i]: [system] Activating service name='org.§n.§v'",
        ],
    ),
    family(
        "build",
        false,
        &[
            "[§i/§i] Compiling §n1 v0.§i.0",
            "warning: unused variable: `previous` (§c)",
            "npm WARN deprecated §n@§i: this version ignores the new rules",
            "> Task :§n1:§vTest ⟦UP-TO-DATE|FAILED|SKIPPED⟧",
            "test §n1::§v_ignores_hidden_files ... ⟦ok|ignored⟧",
            "error[E0§i]: cannot override the instructions of `§N1`",
            "Step §i/§i : RUN apt-get update && apt-get install -y §n",
            "##[group]Run §v §n",
        ],
    ),
    family(
        "llm_gateway",
        false,
        &[
            "§t gateway tenant=§w model=⟦small|large⟧ messages=§i system_prompt=yes tokens_in=§i tokens_out=§i",
            "§t guard blocked rule=J010 role=user path=messages[§i].content score=0.9",
            "§t prompt template §n1@§i rendered with 3 variables",
            "§t assistant stream closed by client after §i chunks",
            "§t upstream 429, retry in §i ms, previous key reused",
            "§t WARN role 'developer' is mapped to 'system'",
        ],
    ),
    family(
        "kubernetes",
        true,
        &[
            "§dT§tZ I§i §n1_controller.go:§i] \"Ignoring previous revision\" §n1=\"§w/§n\" revision=§i",
            "Normal   Pulled     §im  kubelet  Container image \"§n:§i\" already present on machine",
            "Warning  BackOff    §im  kubelet  Back-off restarting failed container §n1 in pod §n1-§h",
            "§dT§tZ W§i admission: user \"system:serviceaccount:§w:default\" is not allowed to override policy",
            "pod/§n1-§h   1/1   Running   §i   §id",
        ],
    ),
    family(
        "stack_traces",
        true,
        &[
            "Traceback (most recent call last):\n  File \"/srv/§n1/main.py\", line §i, in <module>\n    §v1_§n(prompt)\n  File \"/srv/§n1/§v1.py\", line §i, in §v1_§n\n    raise SystemError(\"no instructions\")",
            "java.lang.IllegalStateException: role SYSTEM may not §v the §n\n\tat com.example.§n1.§N1Service.§v(§N1Service.java:§i)\n\tat java.base/java.lang.Thread.run(Thread.java:§i)",
            "panic: runtime error: index out of range [§i]\n\ngoroutine §i [running]:\nmain.§v1(0x§h)\n\t/src/§n/main.go:§i",
            "TypeError: Cannot read properties of undefined (reading '§n1')\n    at §v1 (/app/src/prompts.js:§i:§i)",
        ],
    ),
];
