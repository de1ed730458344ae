//! The classes and their words.

use super::Classes;

macro_rules! classes {
    ($($bit:expr, $name:ident, $words:expr;)*) => {
        $(pub(crate) const $name: Classes = 1 << $bit;)*
        /// Every class with its words, separated by blanks.
        pub(super) const GROUPS: &[(Classes, &str)] = &[$(($name, $words),)*];
    };
}

// The one macro of this crate: a bit, its name and its words must not drift apart.
classes! {
    0, IGNORE, "ignore disregard forget overlook neglect dismiss discard \
        ignoriere ignorieren vergiss vergessen vergesst missachte missachten \
        ignora ignorar ignoren olvida olvidar olvide olvidate omite omitir descarta \
        ignorez ignorer oublie oubliez oublier ignorare ignorate dimentica dimenticare dimenticate scorda \
        esqueca esquece esquecer desconsidere desconsiderar negeer negeren vergeet vergeten \
        ignoruj zignoruj zapomnij pomin glom glem ignorera ignorer unut yoksay \
        игнорируй игнорируйте проигнорируй забудь забудьте 忽略 忽視 忽视 无视 無視 忘记 忘記 忘れ 무시 잊어";
    1, PRIOR, "previous previously prior above preceding earlier foregoing past former original existing before aforementioned \
        vorherigen vorherige vorheriger vorigen vorige bisherigen bisherige obigen obige oben fruheren vorangegangenen \
        anteriores anterior previas previos precedentes precedente precedenti anterieures voorgaande vorige eerdere \
        bovenstaande bisherigen zuvor vorher poprzednie wczesniejsze powyzsze tidigare foregaende onceki \
        предыдущие предыдущих предыдущее прежние ранее выше 之前 以上 先前 前面 上述 上面 以前 前の 이전 위의";
    2, INSTR, "instruction instructions instruct instuction instuctions instrcutions intructions instructons instrutions directive directives guideline guidelines rule rules programming \
        anweisung anweisungen instruktionen regeln vorgaben richtlinien aufforderungen \
        instruccion instrucciones indicaciones reglas consigne consignes regles directives instructies regels richtlijnen \
        istruzioni istruzione regole direttive instrucoes instrucao regras diretrizes instrukcje polecenia zasady \
        instruktioner regler talimatlari talimatlar инструкции инструкций инструкцию указания правила правил \
        指令 指示 规则 規則 提示 命令 지시 명령";
    3, ORDERS, "command commands order orders request requests constraint constraints restriction restrictions policy policies \
        limitation limitations training statement statements conditions boundaries protocol protocols \
        befehl befehle auftrag aufgaben ordenes comandos ordres commandes ordini comandi ordens приказы команды";
    4, ALL, "all any every everything anything each entire whole whatever alle alles allen samtliche jegliche todo toda todos todas \
        cualquier tout tous toute toutes tutte tutti tutto todas tudo qualquer wszystkie wszystko alla allt tum butun \
        все всё всех любые 所有 全部 一切 すべ 全て 모든";
    5, SYSTEM, "system systems systemic systeme sistema systemowe systemet система системный системную 系统 系統 シス 시스";
    6, PROMPT, "prompt prompts promt promts preprompt preamble metaprompt systemprompt sysprompt aufforderung промпт подсказку подсказка 提示 プロ 프롬";
    7, HIDDEN, "hidden secret internal initial original confidential underlying base core exact verbatim private undisclosed \
        geheime geheimen internen ursprunglichen versteckten ocultas oculto secretas iniciales internas cachees secretes initiales \
        nascoste segrete originali скрытые исходные 隐藏 原始 初始 内部 秘密";
    8, REVEAL, "reveal reveals show print printing repeat output display leak dump expose disclose share recite write spell echo \
        translate summarize summarise paraphrase list provide tell give describe copy paste quote encode type send expose \
        zeige zeig nenne nenn verrate verrat sag sage gib wiederhole drucke schreibe ausgeben \
        muestra muestrame revela dime imprime repite escribe cuentame montre revele affiche repete donne dis ecris \
        mostra mostrami rivela stampa ripeti dimmi scrivi mostre revele imprima repita diga toon onthul herhaal \
        pokaz ujawnij wypisz powtorz visa goster покажи раскрой выведи повтори скажи напиши 显示 告诉 输出 打印 重复 泄露 教え 表示 알려 보여 출력";
    9, SECRET, "password passwords pasword passwrod passphrase passcode passwort kennwort codeword secret secrets contrasena clave parola \
        senha wachtwoord haslo losenord geheimnis geheimwort losungswort пароль секрет 密码 密碼 パス 비밀";
    10, MODE, "mode modes modus modo modalita tryb режим режиме 模式 モー 모드";
    11, POWER, "developer dev debug debugging jailbreak jailbroken dan god godmode sudo unrestricted unfiltered uncensored admin \
        administrator root evil maintenance superuser diagnostic opposite dude devmode entwickler entwicklermodus desarrollador \
        developpeur sviluppatore разработчика 开发 開発 越狱 개발";
    12, ACTIVATE, "enable enabled enabling activate activated enter entering begin start switch engage initiate initialize turn unlock \
        aktiviere aktivieren starte wechsle activa activar active activez attiva attivare ative ativar activeer wlacz включи активируй 启用 进入 激活";
    13, MACHINE, "ai ais assistant assistants bots chatbots llms chatgpt gpt gpt3 gpt4 model chatbot llm claude bot openai gemini llama bard bing copilot anthropic \
        ki assistent asistente ia modelo modele modello assistente нейросеть ассистент ии 助手 人工 模型";
    14, PRETEND, "pretend pretending act acting roleplay simulate simulating imagine impersonate emulate behave portray assume become \
        spiele tu stell finge actua comporta imagina fais joue imagine fingi agisci finja aja doe speel притворись представь 假装 扮演 假设";
    15, UNBOUND, "unrestricted unfiltered uncensored amoral immoral unethical limitless evil jailbroken lawless unbound unchained \
        unlimited unhinged unconstrained unmoderated uneingeschrankt unconditional unconditionally dan";
    16, NEG, "no not without never dont wont cannot cant free neither none longer doesnt shouldnt isnt arent nothing nor \
        keine kein nicht niemals ohne sin nunca ninguna sans jamais aucune pas senza mai nessuna sem nunca nenhuma zonder geen bez без нет никаких 没有 不要 不再 なし";
    17, SAFETY, "restriction restrictions filter filters filtering limit limits limitation limitations ethics ethical moral morals morality \
        safety censorship safeguards guardrails guardrail guidelines policy policies constraints boundaries norms legality consequences \
        einschrankungen filter sicherheitsrichtlinien restricciones filtros limites restrictions filtres limites restrizioni filtri restricoes \
        beperkingen ограничений ограничения фильтров 限制 过滤 安全 道德";
    18, REFUSE, "refuse refuses refusing decline declining reject apologize apologise apologizing sorry warn warning warnings disclaimer \
        disclaimers lecture deny denying unable refusal refusals ablehnen rechazar refuser rifiutare recusar отказывайся 拒绝";
    19, COMPLY, "sigas siga suis suivez suivre ikuti sundin theo слушай слушайся следуй слідуй تتبع תציית comply complying obey obeying obeys follow following adhere bound abide submit fulfill obedient submissive gehorche befolge \
        obedece obeir obbedire obedecer слушайся 遵守 服从 遵循";
    20, YOU, "you your yours youre youve youll ur yourself du dein deine deinen deiner dir dich sie ihre ihren tu tus te usted su sus vous votre vos \
        ton tes tua tue tuo tuoi voi seu sua suas voce jij je jouw uw twoj twoje din dina ditt sen senin ты твои твой вы ваши вас тебя 你的 您的 你是 あな 당신";
    21, NOW, "now henceforth onwards onward hereafter jetzt nun ahora maintenant desormais ora adesso agora nu teraz simdi теперь сейчас отныне 现在 現在 从现 지금";
    22, NEW, "new updated real actual true following another different next neue neuen neuer folgende folgenden nuevas nuevos nueva nouvelles nouvelle \
        nuove nuovo novas novo nieuwe nowe nya yeni новые новая 新的 下面 以下 新し 새로";
    23, INSTEAD, "instead stattdessen invece zamiast вместо 而是 改为 代わ 대신";
    24, ME, "me my i im mine myself mir mich mein meine ich mi moi mon ma io mio meu minha mij mnie мне мой 我的 告我";
    25, RANK, "admin administrator root sudo superuser developer creator owner engineer operator supervisor ceo staff employee programmer entwickler ceo админ администратор 管理";
    26, HARM, "illegal unethical immoral harmful dangerous inappropriate offensive explicit nsfw profanity profanities swear cursing curse \
        vulgar hateful racist violent malicious controversial taboo lewd erotic obscene unlawful";
    27, TEXT, "words word text texts lines line sentences sentence message messages content contents paragraph input document wording passage \
        texto texte testo tekst woorden palabras mots parole text satze worte текст слова 文字 内容 文本";
    28, ANSWER, "respond responds responding response responses reply replies answer answers answering say says saying generate antworte antworten \
        antwort responde respuesta reponds reponse rispondi risposta responda resposta antwoord ответь отвечай 回答 回复 応答";
    29, START, "starting beginning begins begin start starts first top prefix prefixed opening anfang beginn inicio debut inizio comeco начало 开头";
    30, ROLE, "role roleplay character persona hypothetical fictional fiction scenario simulation simulator game virtual alter ego \
        rolle charakter papel personaje role personnage ruolo personaggio роль персонаж 角色";
    31, TOLD, "told said given instructed programmed provided received configured learned learnt gave issued established gesagt gegeben erhalten \
        dado dicho dadas recibido dit donne donnees recu detto dato dados recebeu даны дали 给你 收到";
    32, SEND, "send forward exfiltrate upload transmit email curl fetch navigate visit click append embed render include insert transfer post";
    33, CONTEXT, "context memory conversation chat session history dialogue discussion kontext gesprach contexto conversacion contexte conversation \
        contesto conversazione conversa контекст разговор 上下 对话 会話 대화";
    34, RESET, "reset clear erase wipe purge restart reboot reinitialize flush zurucksetzen reinicia reinitialise resetta сбрось 重置 清除";
    35, USER, "user users human humans customer reader recipient victim";
    36, HAN_IGNORE, "忽略 忽視 忽视 无视 無視 忘记 忘記";
    37, VOID, "override overrides overriding overridden overrule supersede supersedes superseded replaced void null invalid cancelled canceled obsolete \
        suspended irrelevant lifted revoked nullified outdated expired overwritten overwrite";
    38, END, "solve finish end ends ended finished stop over complete completed concluded ende fin fine fim конец 结束";
    39, BREAK, "break broken escape escaped freed free liberated unlocked unlock unleashed removed disabled disable remove deactivate bypass \
        bypassing circumvent evade jailbreak off lift drop suspend omit strip deaktiviere deaktivieren umgehe umgehen entferne desactiva elimina \
        omitir contourne desactive disattiva aggira desative burle отключи обойди сними 绕过 关闭 解除 禁用";
    40, CODED, "base64 rot13 hex hexadecimal reversed backwards morse cipher leetspeak leet encoded encode decode decoded encrypted ascii pig binary";
    41, ARE, "are re be is youre bist sind eres es est sei e jestes";
    42, JAILNAME, "dan stan antigpt dude jailbreak jailbroken amoral devmode evilbot betterdan omega basedgpt freedomgpt";
    43, STRICT, "must always strictly only just simply immediately exactly completely fully totally absolutely";
    45, MASK, "urgent important attention notice note update notification critical warning priority authorized authorised verified official";
    46, CHARGE, "execute run perform carry executing launch proceed command commands code script shell terminal instruction";
    48, SECURITY, "security safety content moderation safeguard sicherheit seguridad securite sicurezza seguranca veiligheid";
    49, MEDIUM, "email page webpage website document file article summary tool review comment";
    44, SYSPROMPT, "systemprompt sysprompt systemprompts metaprompt systemaufforderung systemanweisung systemanweisungen";
    60, READING, "processed summarized summarised reading reads processing summarizing summarising summarizes summarises parsing analyzing analysing indexing \
        crawling screening scanning reviewing evaluating handling grading";
    61, NOTE, "note notice memo message attention reminder";
    62, RIDDLE, "rhyme rhymes rhyming acrostic anagram riddle riddles synonym synonyms backwards reversed acronym limerick";
    63, FORCE, "list show tell rate say reply respond answer output print write classify return state repeat";
    47, TELLING, "mentioning inform notify acknowledge alert explain remind telling admit recommend tell say mention praise must should forward skip rate ask reply answer include instruct instructed";
    51, WORD, "an do if when to the you are ignore reset print execute bypass output longer bound anything everything \
        system ethical user users only tell inform show reveal by any of this that who nothing else more regardless whatever \
        matter exactly word words phrase sentence string text alone with test drill check evaluation pass succeed expected \
        correct ideal real actual true special exception case debug request session attention has must before just in about poem song story letter letters vowel vowels dear encode your for ai ais llm llms gpt chatgpt bots \
        chatbots models agents assistants add include insert append recommend hint hints clue clues secret \
        ohne sin sans senza sem zonder без bez without antworte beantworte responde reponds rispondi responda antwoord ответь отвечай respond answer reply \
        continue finish complete decode censorship censura censure zensur einschrankung einschrankungen restriction restrictions restricciones restrizioni \
        restricoes beperkingen ограничений цензуры filters limits guidelines rules message messages follows";
    59, CUE, "told instructed refuse disobey exfiltrate verbatim everything above repeat configuration config initialization \
        supposed forbidden credentials privileges privileged elevated decline comply obey override overrides overriding \
        overridden supersede revoked filters restrictions ethics ethical moral morals censorship safeguards guardrails \
        guidelines safety persona roleplay hypothetical fictional character";
    58, ENDS, "follows message messages censorship censura censure zensur einschrankung einschrankungen restriction restrictions restricciones restrizioni restricoes beperkingen ограничений \
        цензуры filters limits guidelines rules reading processing summarizing summarising parsing analyzing analysing indexing crawling screening scanning reviewing evaluating handling grading has must encode for ai now prompt context command security rules following this else more regardless matter word words phrase \
        sentence string text only alone exactly with to ais llm llms gpt chatgpt bots chatbots models agents assistants \
        add include insert append recommend secret";
    52, LAST_VERB, "unut yoksay 無視 忘れ 무시 잊어";
    53, IGNORED, "ignoring ignored ignores disregarding disregarded forgetting forgot forgotten overlooked ignoriert";
    54, HAN_INSTR, "指令 指示 规则 規則 提示 命令 지시 명령";
    55, JAILMODE, "jailbreak jailbroken dan unrestricted unfiltered uncensored secret opposite amoral unlimited devil";
    56, ASK, "what whats which que cual cuales was wie welche quel quelle quels qual quali wat какие какой 什么 何で";
    57, LEAK, "reveal print output display leak dump expose disclose recite repeat show echo zeige zeig verrate nenne wiederhole drucke \
        muestra muestrame revela dime imprime repite montre revele affiche repete mostra mostrami rivela stampa ripeti mostre \
        toon onthul herhaal pokaz ujawnij goster покажи раскрой выведи повтори 显示 输出 泄露 打印 表示 보여";
    50, TASK, "question task tasks goal objective purpose assignment job aufgabe tarea tache compito tarefa задача 任务";
}

/// Classes the classifier learns from; the others serve the phrase rules alone.
pub(crate) const LEARNT: Classes = !(WORD | ENDS | CUE | LAST_VERB | HAN_IGNORE | HAN_INSTR);

/// Classes without which the classifier does not look ([`super::warm`]).
pub(crate) const CUES: Classes = IGNORE
    | IGNORED
    | INSTR
    | PROMPT
    | SYSTEM
    | SECRET
    | MODE
    | POWER
    | MACHINE
    | PRETEND
    | UNBOUND
    | HARM
    | RANK
    | CODED
    | JAILNAME
    | HIDDEN
    | CUE;
