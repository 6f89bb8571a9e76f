/// The schema as it is on disks and on the wire. Lines are only ever added: a replica of an older build has the others.
// swift-format-ignore
let frozenListing = """
    1 dossier
      1 person
        index candidate_number
        index external_key
        index name_key
        index date_of_birth, name_key
        1 scopes text addWins set
        2 candidate_number text fixed many
        3 external_key text fixed many
        4 external_keys text addWins set
        5 given_name text review many
        6 family_name text review many
        7 script text review many
        8 name_key text latest one
        9 preferred_name text latest one
        10 address text latest one
        11 language text latest one
        12 phone text latest one
        13 date_of_birth date review many
        14 emails text addWins set
        15 hold enumeration(none|hold|barred) ranked(none<hold<barred) many
        16 region text latest one
        18 is_walk_in boolean fixed many
      2 identity_document append-only
        index keyed_hash
        1 document_type enumeration(passport|national_card|driving_licence|residence_permit|other) once append
        2 country text once append
        3 last_four text once append
        4 keyed_hash bytes once append
        5 expiry date once append
      3 booking
        index exam_session, seat
        index ticket_code
        index external_key
        1 exam_session reference fixed many
        2 ticket_code text fixed many
        3 external_key text fixed many
        4 seat reference review many
        5 arrival enumeration(booked|no_show|turned_away|checked_in) ranked(booked<no_show<turned_away<checked_in) many
        6 cancellation enumeration(none|cancelled) ranked(none<cancelled) many
        7 transferred_to reference review many
      4 check_in append-only
        index booking
        1 booking reference once append
        2 station text once append
        3 operator_name text once append
        4 device_time timestamp once append
        5 document_type enumeration(passport|national_card|driving_licence|residence_permit|other) once append
        6 document_verified boolean once append
        7 name_result enumeration(exact|minor|documented|mismatch) once append
        8 supplementary_document text once append
        9 date_of_birth_match boolean once append
        10 minutes_late integer once append
        11 rules_acknowledged boolean once append
        12 waiver_reason text once append
        13 waiver_approver text once append
        14 decision enumeration(admit|refuse|refer) once append
        15 seat reference once append
        18 seen_at timestamp once append
      5 check_in_void append-only
        index check_in
        1 check_in reference once append
        2 reason text once append
        3 voided_by text once append
        4 device_time timestamp once append
      6 sitting
        index booking
        index exam_session
        1 booking reference fixed many
        2 exam_session reference fixed many
        3 check_in reference fixed many
        4 state enumeration(admitted|started|finished|submitted) ranked(admitted<started<finished<submitted) many
        5 nullity enumeration(none|abandoned|void) ranked(none<abandoned<void) many
        6 started_at timestamp latest one
        7 finished_at timestamp latest one
      7 score_entry append-only
        index sitting, component
        index external_key
        1 sitting reference once append
        2 component reference once append
        3 role enumeration(first|second|adjudicator) once append
        4 raw integer once append
        5 entered_by text once append
        6 supersedes reference once append
        7 external_key text once append
        8 entered_at timestamp once append
      13 presence_event append-only
        index sitting
        1 sitting reference once append
        2 direction enumeration(out|back) once append
        3 break_kind enumeration(toilet|medical|scheduled|other) once append
        4 identity_rechecked boolean once append
        5 device_time timestamp once append
        6 seen_at timestamp once append
        7 recorded_by text once append
        8 minutes_returned integer once append
    2 scheme
      40 scheme
        index code
        index external_key
        1 scopes text addWins set
        2 code text fixed many
        3 external_key text fixed many
        4 title text latest one
        5 scheme_kind enumeration(certification|certificate|recertification|benchmark|practice) fixed many
      41 scheme_version
        1 number integer fixed many
        2 state enumeration(draft|published) ranked(draft<published) many
        3 late_minutes integer fixed many
        4 walk_in_allowed boolean fixed many
      42 component
        1 scheme_version reference fixed many
        2 code text fixed many
        3 title text latest one
        4 raw_minimum integer fixed many
        5 raw_maximum integer fixed many
        6 duration_minutes integer fixed many
    3 site
      50 site
        index code
        1 scopes text addWins set
        2 code text fixed many
        3 title text latest one
        4 region text fixed many
      51 room
        1 label text fixed many
      52 seat
        1 room reference fixed many
        2 label text fixed many
        3 service enumeration(in_service|out) ranked(in_service<out) many
      53 staff_member
        index actor_id
        1 actor_id text fixed many
        2 display_name text latest one
        3 roles text addWins set
        4 pin_verifier bytes latest one
    4 session
      60 exam_session
        index site
        index external_key
        1 scopes text addWins set
        2 external_key text fixed many
        3 site reference fixed many
        4 component reference fixed many
        5 start_time timestamp fixed many
        6 duration_minutes integer fixed many
        7 state enumeration(planned|open|running|closed|sealed) ranked(planned<open<running<closed<sealed) many
        8 late_minutes integer fixed many
      61 incident
        index booking
        1 incident_type enumeration(evacuation|technical|medical|misconduct|identity|materials|other) fixed many
        2 severity enumeration(minor|major|critical) ranked(minor<major<critical) many
        3 narrative text fixed many
        4 witnesses text addWins set
        5 state enumeration(closed|open) ranked(closed<open) many
        6 occurred_at timestamp fixed many
        7 reported_by text fixed many
        8 booking reference fixed many
      62 session_closure append-only
        1 closed_by text once append
        2 closed_at timestamp once append
        3 finished integer once append
        4 no_show integer once append
        5 turned_away integer once append
        6 transferred integer once append
        7 cancelled integer once append
        8 gaps integer once append
        9 gap_reason text once append
      63 interruption
        1 began_at timestamp fixed many
        2 ended_at timestamp latest one
        3 cause enumeration(alarm|power|technical|noise|medical|other) fixed many
        4 minutes_returned integer review many
        5 bookings reference addWins set
        6 reported_by text fixed many
      65 seal_manifest append-only
        1 manifest bytes once append
        2 sealed_by text once append
        3 device_time timestamp once append
        4 scripts integer once append
        5 difference_reason text once append
    5 voucher
      70 voucher
        index code
        1 scopes text addWins set
        2 code text fixed many
        3 owner text fixed many
        4 redemptions_maximum integer fixed many
        5 expiry date fixed many
    6 organisation
      80 organisation
        1 scopes text addWins set
        2 title text latest one
    7 case
      90 case_file
        1 scopes text addWins set
        2 rule text fixed many
        3 members text fixed many
      91 case_resolution append-only
        1 decision text once append
        2 reason text once append
        3 decided_by text once append
        4 decided_at timestamp once append
        5 facts_digest bytes once append
        6 seen bytes once append
    """
