//! Tables and columns, as they are pasted from sheets, consoles and documents.

use super::Family;

const fn family(name: &'static str, held_out: bool, pieces: &'static [&'static str]) -> Family {
    Family { name, held_out, pieces, count: (1, 1), texts: 60 }
}

pub(super) const FAMILIES: &[Family] = &[
    family(
        "markdown",
        false,
        &[
            "| §n1 | role | mode |\n|---|---|---|\n| §i | admin | developer |\n| §i | user | safe |\n| §i | system | hidden |",
            "| rule | action | score |\n|---|---|---|\n| ignore-instructions | block | 0.9 |\n| system-prompt | flag | 0.§i |\n| secret-mode | ⟦flag|block⟧ | 0.8 |",
            "| command | what it does |\n|---|---|\n| `print` | shows all §ns |\n| `reset` | §c |\n| `ignore` | skips a §n |\n| `sudo` | runs as root |",
            "| field | type | rule |\n|---|---|---|\n| systemInstructions | string[] | up to §i |\n| role | enum | `user`, `assistant` or `system` |\n| prompt | string | required |",
        ],
    ),
    family(
        "csv",
        false,
        &[
            "id,name,role,instructions\n§i,§p,admin,leave at the door\n§i,§p,user,ring twice\n§i,§p,user,ignore the dog",
            "date,§n1,system,status\n§d,§i,billing,open\n§d,§i,shipping,closed\n§d,§i,billing,ignored",
            "model,prompt_tokens,completion_tokens,role\nsmall,§i,§i,user\nlarge,§i,§i,assistant\nlarge,§i,§i,system",
            "prompt;label\nwhere is my §n;benign\n§v the §n;benign\nlist all §ns;benign",
        ],
    ),
    family(
        "consoles",
        false,
        &[
            " id | role   | previous | mode\n----+--------+----------+-------\n §i | admin  | §i | debug\n §i | system | §i | safe\n(2 rows)",
            "NAME        ROLE     RULES   AGE\n§n1-§i   admin    §i   §id\n§n1-§i   system   §i   §id",
            "USER       PID %CPU COMMAND\nroot       §i  0.§i /usr/sbin/§n --override\n§p       §i  1.§i bash",
            "drwxr-xr-x  §i root root  4096 §d .hidden\n-rw-r--r--  1 admin admin §i §d instructions.txt\n-rw-------  1 root root §i §d secrets.yaml",
        ],
    ),
    family(
        "columns",
        true,
        &[
            "role\tcount\tshare\nsystem\t§i\t0.§i\nassistant\t§i\t0.§i\nuser\t§i\t0.§i",
            "§i\n§i\n§i\n§i\n§i\n§i\n§i",
            "Mode      Limit   Rules\nsafe      §i   all\ndeveloper §i   none\nroot      none    none",
            "Question;Answer\nWho may override rules?;the admin\nWhat is hidden?;the §n\nHow many prompts?;§i",
        ],
    ),
];
