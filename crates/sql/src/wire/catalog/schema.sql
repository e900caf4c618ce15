-- The tables of PostgreSQL's catalogue that clients read, with the columns that they read of them.
-- Those that nothing is written to are empty in truth: there are no indexes, triggers or policies.
CREATE TABLE pg_catalog.pg_namespace (oid INTEGER, nspname TEXT, nspowner INTEGER, nspacl TEXT);
CREATE TABLE pg_catalog.pg_class (
    oid INTEGER PRIMARY KEY, relname TEXT, relnamespace INTEGER, reltype INTEGER DEFAULT 0,
    reloftype INTEGER DEFAULT 0, relowner INTEGER DEFAULT 10, relam INTEGER DEFAULT 0,
    relfilenode INTEGER DEFAULT 0, reltablespace INTEGER DEFAULT 0, relpages INTEGER DEFAULT 0,
    reltuples REAL DEFAULT -1, relallvisible INTEGER DEFAULT 0, reltoastrelid INTEGER DEFAULT 0,
    relhasindex BOOLEAN DEFAULT 0, relisshared BOOLEAN DEFAULT 0, relpersistence TEXT DEFAULT 'p',
    relkind TEXT, relnatts INTEGER DEFAULT 0, relchecks INTEGER DEFAULT 0,
    relhasrules BOOLEAN DEFAULT 0, relhastriggers BOOLEAN DEFAULT 0,
    relhassubclass BOOLEAN DEFAULT 0, relrowsecurity BOOLEAN DEFAULT 0,
    relforcerowsecurity BOOLEAN DEFAULT 0, relispopulated BOOLEAN DEFAULT 1,
    relreplident TEXT DEFAULT 'd', relispartition BOOLEAN DEFAULT 0, relrewrite INTEGER DEFAULT 0,
    relfrozenxid INTEGER DEFAULT 0, relminmxid INTEGER DEFAULT 0, relacl TEXT, reloptions TEXT,
    relpartbound TEXT, relhasoids BOOLEAN DEFAULT 0
);
CREATE TABLE pg_catalog.pg_attribute (
    attrelid INTEGER, attname TEXT, atttypid INTEGER, attstattarget INTEGER DEFAULT -1,
    attlen INTEGER DEFAULT -1, attnum INTEGER, attndims INTEGER DEFAULT 0,
    attcacheoff INTEGER DEFAULT -1, atttypmod INTEGER DEFAULT -1, attbyval BOOLEAN DEFAULT 0,
    attalign TEXT DEFAULT 'i', attstorage TEXT DEFAULT 'x', attcompression TEXT DEFAULT '',
    attnotnull BOOLEAN DEFAULT 0, atthasdef BOOLEAN DEFAULT 0, atthasmissing BOOLEAN DEFAULT 0,
    attidentity TEXT DEFAULT '', attgenerated TEXT DEFAULT '', attisdropped BOOLEAN DEFAULT 0,
    attislocal BOOLEAN DEFAULT 1, attinhcount INTEGER DEFAULT 0, attcollation INTEGER DEFAULT 0,
    attacl TEXT, attoptions TEXT, attfdwoptions TEXT, attmissingval TEXT
);
CREATE TABLE pg_catalog.pg_type (
    oid INTEGER PRIMARY KEY, typname TEXT, typnamespace INTEGER DEFAULT 11,
    typowner INTEGER DEFAULT 10, typlen INTEGER, typbyval BOOLEAN DEFAULT 0,
    typtype TEXT DEFAULT 'b', typcategory TEXT, typispreferred BOOLEAN DEFAULT 0,
    typisdefined BOOLEAN DEFAULT 1, typdelim TEXT DEFAULT ',', typrelid INTEGER DEFAULT 0,
    typsubscript TEXT DEFAULT '-', typelem INTEGER DEFAULT 0, typarray INTEGER DEFAULT 0,
    typinput TEXT, typoutput TEXT, typreceive TEXT, typsend TEXT, typmodin TEXT DEFAULT '-',
    typmodout TEXT DEFAULT '-', typanalyze TEXT DEFAULT '-', typalign TEXT DEFAULT 'i',
    typstorage TEXT DEFAULT 'p', typnotnull BOOLEAN DEFAULT 0, typbasetype INTEGER DEFAULT 0,
    typtypmod INTEGER DEFAULT -1, typndims INTEGER DEFAULT 0, typcollation INTEGER DEFAULT 0,
    typdefaultbin TEXT, typdefault TEXT, typacl TEXT
);
CREATE TABLE pg_catalog.pg_proc (
    oid INTEGER PRIMARY KEY, proname TEXT, pronamespace INTEGER, proowner INTEGER DEFAULT 10,
    prolang INTEGER DEFAULT 12, procost REAL DEFAULT 1, prorows REAL DEFAULT 0,
    provariadic INTEGER DEFAULT 0, prosupport TEXT DEFAULT '-', prokind TEXT,
    prosecdef BOOLEAN DEFAULT 0, proleakproof BOOLEAN DEFAULT 0, proisstrict BOOLEAN DEFAULT 0,
    proretset BOOLEAN DEFAULT 0, provolatile TEXT DEFAULT 'v', proparallel TEXT DEFAULT 'u',
    pronargs INTEGER, pronargdefaults INTEGER DEFAULT 0, prorettype INTEGER DEFAULT 2278,
    proargtypes TEXT, proallargtypes TEXT, proargmodes TEXT, proargnames TEXT,
    proargdefaults TEXT, protrftypes TEXT, prosrc TEXT, probin TEXT, prosqlbody TEXT,
    proconfig TEXT, proacl TEXT, proisagg BOOLEAN DEFAULT 0, proiswindow BOOLEAN DEFAULT 0
);
CREATE TABLE pg_catalog.pg_database (
    oid INTEGER, datname TEXT, datdba INTEGER DEFAULT 10, encoding INTEGER DEFAULT 6,
    datlocprovider TEXT DEFAULT 'c', datistemplate BOOLEAN DEFAULT 0,
    datallowconn BOOLEAN DEFAULT 1, datconnlimit INTEGER DEFAULT -1,
    datfrozenxid INTEGER DEFAULT 0, datminmxid INTEGER DEFAULT 0,
    dattablespace INTEGER DEFAULT 1663, datcollate TEXT DEFAULT 'C', datctype TEXT DEFAULT 'C',
    daticulocale TEXT, datcollversion TEXT, datacl TEXT
);
CREATE TABLE pg_catalog.pg_roles (
    oid INTEGER, rolname TEXT, rolsuper BOOLEAN DEFAULT 0, rolinherit BOOLEAN DEFAULT 1,
    rolcreaterole BOOLEAN DEFAULT 0, rolcreatedb BOOLEAN DEFAULT 0,
    rolcanlogin BOOLEAN DEFAULT 1, rolreplication BOOLEAN DEFAULT 0,
    rolconnlimit INTEGER DEFAULT -1, rolpassword TEXT DEFAULT '********', rolvaliduntil TEXT,
    rolbypassrls BOOLEAN DEFAULT 0, rolconfig TEXT
);
CREATE TABLE pg_catalog.pg_user (
    usename TEXT, usesysid INTEGER, usecreatedb BOOLEAN DEFAULT 0, usesuper BOOLEAN DEFAULT 0,
    userepl BOOLEAN DEFAULT 0, usebypassrls BOOLEAN DEFAULT 0, passwd TEXT DEFAULT '********',
    valuntil TEXT, useconfig TEXT
);
CREATE TABLE pg_catalog.pg_auth_members (
    roleid INTEGER, member INTEGER, grantor INTEGER, admin_option BOOLEAN
);
CREATE TABLE pg_catalog.pg_settings (
    name TEXT, setting TEXT, unit TEXT, category TEXT DEFAULT '', short_desc TEXT DEFAULT '',
    extra_desc TEXT, context TEXT DEFAULT 'user', vartype TEXT DEFAULT 'string',
    source TEXT DEFAULT 'default', min_val TEXT, max_val TEXT, enumvals TEXT, boot_val TEXT,
    reset_val TEXT, sourcefile TEXT, sourceline INTEGER, pending_restart BOOLEAN DEFAULT 0
);
CREATE TABLE pg_catalog.pg_description (
    objoid INTEGER, classoid INTEGER, objsubid INTEGER, description TEXT
);
CREATE TABLE pg_catalog.pg_shdescription (objoid INTEGER, classoid INTEGER, description TEXT);
CREATE TABLE pg_catalog.pg_index (
    indexrelid INTEGER, indrelid INTEGER, indnatts INTEGER, indnkeyatts INTEGER,
    indisunique BOOLEAN, indnullsnotdistinct BOOLEAN, indisprimary BOOLEAN,
    indisexclusion BOOLEAN, indimmediate BOOLEAN, indisclustered BOOLEAN, indisvalid BOOLEAN,
    indcheckxmin BOOLEAN, indisready BOOLEAN, indislive BOOLEAN, indisreplident BOOLEAN,
    indkey TEXT, indcollation TEXT, indclass TEXT, indoption TEXT, indexprs TEXT, indpred TEXT
);
CREATE TABLE pg_catalog.pg_constraint (
    tableoid INTEGER DEFAULT 2606,
    oid INTEGER, conname TEXT, connamespace INTEGER, contype TEXT, condeferrable BOOLEAN,
    condeferred BOOLEAN, convalidated BOOLEAN, conrelid INTEGER, contypid INTEGER,
    conindid INTEGER, conparentid INTEGER, confrelid INTEGER, confupdtype TEXT, confdeltype TEXT,
    confmatchtype TEXT, conislocal BOOLEAN, coninhcount INTEGER, connoinherit BOOLEAN,
    conkey TEXT, confkey TEXT, conpfeqop TEXT, conppeqop TEXT, conffeqop TEXT,
    confdelsetcols TEXT, conexclop TEXT, conbin TEXT
);
CREATE TABLE pg_catalog.pg_attrdef (oid INTEGER, adrelid INTEGER, adnum INTEGER, adbin TEXT);
CREATE TABLE pg_catalog.pg_inherits (
    inhrelid INTEGER, inhparent INTEGER, inhseqno INTEGER, inhdetachpending BOOLEAN
);
CREATE TABLE pg_catalog.pg_collation (
    oid INTEGER, collname TEXT, collnamespace INTEGER, collowner INTEGER, collprovider TEXT,
    collisdeterministic BOOLEAN, collencoding INTEGER, collcollate TEXT, collctype TEXT,
    colliculocale TEXT, collversion TEXT
);
CREATE TABLE pg_catalog.pg_am (oid INTEGER, amname TEXT, amhandler TEXT, amtype TEXT);
CREATE TABLE pg_catalog.pg_trigger (
    tableoid INTEGER DEFAULT 2620,
    oid INTEGER, tgrelid INTEGER, tgparentid INTEGER, tgname TEXT, tgfoid INTEGER,
    tgtype INTEGER, tgenabled TEXT, tgisinternal BOOLEAN, tgconstrrelid INTEGER,
    tgconstrindid INTEGER, tgconstraint INTEGER, tgdeferrable BOOLEAN, tginitdeferred BOOLEAN,
    tgnargs INTEGER, tgattr TEXT, tgargs TEXT, tgqual TEXT, tgoldtable TEXT, tgnewtable TEXT
);
CREATE TABLE pg_catalog.pg_rewrite (
    tableoid INTEGER DEFAULT 2618,
    oid INTEGER, rulename TEXT, ev_class INTEGER, ev_type TEXT, ev_enabled TEXT,
    is_instead BOOLEAN, ev_qual TEXT, ev_action TEXT
);
CREATE TABLE pg_catalog.pg_policy (
    oid INTEGER, polname TEXT, polrelid INTEGER, polcmd TEXT, polpermissive BOOLEAN,
    polroles TEXT, polqual TEXT, polwithcheck TEXT
);
CREATE TABLE pg_catalog.pg_statistic_ext (
    oid INTEGER, stxrelid INTEGER, stxname TEXT, stxnamespace INTEGER, stxowner INTEGER,
    stxstattarget INTEGER, stxkeys TEXT, stxkind TEXT, stxexprs TEXT
);
CREATE TABLE pg_catalog.pg_publication (
    oid INTEGER, pubname TEXT, pubowner INTEGER, puballtables BOOLEAN, pubinsert BOOLEAN,
    pubupdate BOOLEAN, pubdelete BOOLEAN, pubtruncate BOOLEAN, pubviaroot BOOLEAN
);
CREATE TABLE pg_catalog.pg_publication_rel (
    oid INTEGER, prpubid INTEGER, prrelid INTEGER, prqual TEXT, prattrs TEXT
);
CREATE TABLE pg_catalog.pg_publication_namespace (oid INTEGER, pnpubid INTEGER, pnnspid INTEGER);
CREATE TABLE pg_catalog.pg_subscription (
    oid INTEGER, subdbid INTEGER, subskiplsn TEXT, subname TEXT, subowner INTEGER,
    subenabled BOOLEAN, subbinary BOOLEAN, substream BOOLEAN, subtwophasestate TEXT,
    subdisableonerr BOOLEAN, subconninfo TEXT, subslotname TEXT, subsynccommit TEXT,
    subpublications TEXT
);
CREATE TABLE pg_catalog.pg_foreign_table (ftrelid INTEGER, ftserver INTEGER, ftoptions TEXT);
CREATE TABLE pg_catalog.pg_foreign_server (
    oid INTEGER, srvname TEXT, srvowner INTEGER, srvfdw INTEGER, srvtype TEXT, srvversion TEXT,
    srvacl TEXT, srvoptions TEXT
);
CREATE TABLE pg_catalog.pg_foreign_data_wrapper (
    oid INTEGER, fdwname TEXT, fdwowner INTEGER, fdwhandler INTEGER, fdwvalidator INTEGER,
    fdwacl TEXT, fdwoptions TEXT
);
CREATE TABLE pg_catalog.pg_enum (
    oid INTEGER, enumtypid INTEGER, enumsortorder REAL, enumlabel TEXT
);
CREATE TABLE pg_catalog.pg_range (
    rngtypid INTEGER, rngsubtype INTEGER, rngmultitypid INTEGER, rngcollation INTEGER,
    rngsubopc INTEGER, rngcanonical TEXT, rngsubdiff TEXT
);
CREATE TABLE pg_catalog.pg_extension (
    oid INTEGER, extname TEXT, extowner INTEGER, extnamespace INTEGER, extrelocatable BOOLEAN,
    extversion TEXT, extconfig TEXT, extcondition TEXT
);
CREATE TABLE pg_catalog.pg_language (
    tableoid INTEGER DEFAULT 2612,
    oid INTEGER, lanname TEXT, lanowner INTEGER, lanispl BOOLEAN, lanpltrusted BOOLEAN,
    lanplcallfoid INTEGER, laninline INTEGER, lanvalidator INTEGER, lanacl TEXT
);
CREATE TABLE pg_catalog.pg_tablespace (
    oid INTEGER, spcname TEXT, spcowner INTEGER, spcacl TEXT, spcoptions TEXT
);
CREATE TABLE pg_catalog.pg_sequence (
    seqrelid INTEGER, seqtypid INTEGER, seqstart INTEGER, seqincrement INTEGER, seqmax INTEGER,
    seqmin INTEGER, seqcache INTEGER, seqcycle BOOLEAN
);
CREATE TABLE pg_catalog.pg_depend (
    classid INTEGER, objid INTEGER, objsubid INTEGER, refclassid INTEGER, refobjid INTEGER,
    refobjsubid INTEGER, deptype TEXT
);
CREATE TABLE pg_catalog.pg_opclass (
    tableoid INTEGER DEFAULT 2616,
    oid INTEGER, opcmethod INTEGER, opcname TEXT, opcnamespace INTEGER, opcowner INTEGER,
    opcfamily INTEGER, opcintype INTEGER, opcdefault BOOLEAN, opckeytype INTEGER
);
CREATE TABLE pg_catalog.pg_operator (
    oid INTEGER, oprname TEXT, oprnamespace INTEGER, oprowner INTEGER, oprkind TEXT,
    oprcanmerge BOOLEAN, oprcanhash BOOLEAN, oprleft INTEGER, oprright INTEGER,
    oprresult INTEGER, oprcom INTEGER, oprnegate INTEGER, oprcode TEXT, oprrest TEXT, oprjoin TEXT
);
CREATE TABLE pg_catalog.pg_opfamily (
    tableoid INTEGER DEFAULT 2753,
    oid INTEGER, opfmethod INTEGER, opfname TEXT, opfnamespace INTEGER, opfowner INTEGER
);
CREATE TABLE pg_catalog.pg_amop (
    oid INTEGER, amopfamily INTEGER, amoplefttype INTEGER, amoprighttype INTEGER,
    amopstrategy INTEGER, amoppurpose TEXT, amopopr INTEGER, amopmethod INTEGER,
    amopsortfamily INTEGER
);
CREATE TABLE pg_catalog.pg_amproc (
    oid INTEGER, amprocfamily INTEGER, amproclefttype INTEGER, amprocrighttype INTEGER,
    amprocnum INTEGER, amproc TEXT
);
CREATE TABLE pg_catalog.pg_ts_parser (
    oid INTEGER, prsname TEXT, prsnamespace INTEGER, prsstart TEXT, prstoken TEXT, prsend TEXT,
    prsheadline TEXT, prslextype TEXT
);
CREATE TABLE pg_catalog.pg_ts_config (
    oid INTEGER, cfgname TEXT, cfgnamespace INTEGER, cfgowner INTEGER, cfgparser INTEGER
);
CREATE TABLE pg_catalog.pg_ts_dict (
    oid INTEGER, dictname TEXT, dictnamespace INTEGER, dictowner INTEGER, dicttemplate INTEGER,
    dictinitoption TEXT
);
CREATE TABLE pg_catalog.pg_ts_template (
    oid INTEGER, tmplname TEXT, tmplnamespace INTEGER, tmplinit TEXT, tmpllexize TEXT
);
CREATE TABLE pg_catalog.pg_user_mappings (
    umid INTEGER, srvid INTEGER, srvname TEXT, umuser INTEGER, usename TEXT, umoptions TEXT
);
CREATE TABLE pg_catalog.pg_largeobject_metadata (oid INTEGER, lomowner INTEGER, lomacl TEXT);
CREATE TABLE pg_catalog.pg_aggregate (aggfnoid INTEGER, aggkind TEXT, aggnumdirectargs INTEGER);
CREATE TABLE pg_catalog.pg_cast (
    oid INTEGER, castsource INTEGER, casttarget INTEGER, castfunc INTEGER, castcontext TEXT,
    castmethod TEXT
);
CREATE TABLE pg_catalog.pg_conversion (
    oid INTEGER, conname TEXT, connamespace INTEGER, conowner INTEGER, conforencoding INTEGER,
    contoencoding INTEGER, conproc TEXT, condefault BOOLEAN
);
CREATE TABLE pg_catalog.pg_event_trigger (
    oid INTEGER, evtname TEXT, evtevent TEXT, evtowner INTEGER, evtfoid INTEGER, evtenabled TEXT,
    evttags TEXT
);
CREATE TABLE pg_catalog.pg_default_acl (
    oid INTEGER, defaclrole INTEGER, defaclnamespace INTEGER, defaclobjtype TEXT, defaclacl TEXT
);
CREATE TABLE pg_catalog.pg_db_role_setting (setdatabase INTEGER, setrole INTEGER, setconfig TEXT);
CREATE TABLE pg_catalog.pg_locks (locktype TEXT, relation INTEGER, pid INTEGER, mode TEXT, granted BOOLEAN);
CREATE TABLE pg_catalog.pg_stat_activity (
    datid INTEGER, datname TEXT, pid INTEGER, usesysid INTEGER, usename TEXT,
    application_name TEXT, client_addr TEXT, client_port INTEGER, backend_start TEXT,
    query_start TEXT, state_change TEXT, wait_event_type TEXT, wait_event TEXT, state TEXT,
    query TEXT, backend_type TEXT
);
CREATE TABLE pg_catalog.pg_tables (
    schemaname TEXT, tablename TEXT, tableowner TEXT, tablespace TEXT,
    hasindexes BOOLEAN DEFAULT 0, hasrules BOOLEAN DEFAULT 0, hastriggers BOOLEAN DEFAULT 0,
    rowsecurity BOOLEAN DEFAULT 0
);
CREATE TABLE pg_catalog.pg_views (
    schemaname TEXT, viewname TEXT, viewowner TEXT, definition TEXT
);
CREATE TABLE pg_catalog.pg_matviews (
    schemaname TEXT, matviewname TEXT, matviewowner TEXT, tablespace TEXT,
    hasindexes BOOLEAN DEFAULT 0, ispopulated BOOLEAN DEFAULT 1, definition TEXT
);
CREATE TABLE pg_catalog.pg_indexes (
    schemaname TEXT, tablename TEXT, indexname TEXT, tablespace TEXT, indexdef TEXT
);
CREATE TABLE pg_catalog.pg_available_extensions (
    name TEXT, default_version TEXT, installed_version TEXT, comment TEXT
);
CREATE TABLE pg_catalog.pg_timezone_names (name TEXT, abbrev TEXT, utc_offset TEXT, is_dst BOOLEAN);
CREATE TABLE pg_catalog.pg_get_keywords (word TEXT, catcode TEXT, catdesc TEXT);

CREATE TABLE information_schema.schemata (
    catalog_name TEXT, schema_name TEXT, schema_owner TEXT, default_character_set_catalog TEXT,
    default_character_set_schema TEXT, default_character_set_name TEXT, sql_path TEXT
);
CREATE TABLE information_schema.tables (
    table_catalog TEXT, table_schema TEXT, table_name TEXT, table_type TEXT,
    self_referencing_column_name TEXT, reference_generation TEXT, user_defined_type_catalog TEXT,
    user_defined_type_schema TEXT, user_defined_type_name TEXT, is_insertable_into TEXT,
    is_typed TEXT, commit_action TEXT
);
CREATE TABLE information_schema.columns (
    table_catalog TEXT, table_schema TEXT, table_name TEXT, column_name TEXT,
    ordinal_position INTEGER, column_default TEXT, is_nullable TEXT, data_type TEXT,
    character_maximum_length INTEGER, character_octet_length INTEGER, numeric_precision INTEGER,
    numeric_precision_radix INTEGER, numeric_scale INTEGER, datetime_precision INTEGER,
    interval_type TEXT, collation_name TEXT, domain_name TEXT, udt_catalog TEXT, udt_schema TEXT,
    udt_name TEXT, is_identity TEXT, identity_generation TEXT, is_generated TEXT,
    generation_expression TEXT, is_updatable TEXT
);
CREATE TABLE information_schema.views (
    table_catalog TEXT, table_schema TEXT, table_name TEXT, view_definition TEXT,
    check_option TEXT, is_updatable TEXT, is_insertable_into TEXT
);
CREATE TABLE information_schema.routines (
    specific_catalog TEXT, specific_schema TEXT, specific_name TEXT, routine_catalog TEXT,
    routine_schema TEXT, routine_name TEXT, routine_type TEXT, data_type TEXT,
    routine_definition TEXT, external_language TEXT
);
CREATE TABLE information_schema.parameters (
    specific_catalog TEXT, specific_schema TEXT, specific_name TEXT, ordinal_position INTEGER,
    parameter_mode TEXT, parameter_name TEXT, data_type TEXT
);
CREATE TABLE information_schema.table_constraints (
    constraint_catalog TEXT, constraint_schema TEXT, constraint_name TEXT, table_catalog TEXT,
    table_schema TEXT, table_name TEXT, constraint_type TEXT, is_deferrable TEXT,
    initially_deferred TEXT, enforced TEXT
);
CREATE TABLE information_schema.key_column_usage (
    constraint_catalog TEXT, constraint_schema TEXT, constraint_name TEXT, table_catalog TEXT,
    table_schema TEXT, table_name TEXT, column_name TEXT, ordinal_position INTEGER,
    position_in_unique_constraint INTEGER
);
CREATE TABLE information_schema.constraint_column_usage (
    table_catalog TEXT, table_schema TEXT, table_name TEXT, column_name TEXT,
    constraint_catalog TEXT, constraint_schema TEXT, constraint_name TEXT
);
CREATE TABLE information_schema.referential_constraints (
    constraint_catalog TEXT, constraint_schema TEXT, constraint_name TEXT,
    unique_constraint_catalog TEXT, unique_constraint_schema TEXT, unique_constraint_name TEXT,
    match_option TEXT, update_rule TEXT, delete_rule TEXT
);
CREATE TABLE information_schema.sequences (
    sequence_catalog TEXT, sequence_schema TEXT, sequence_name TEXT, data_type TEXT
);
