"""What an address carries beside the article: the one list, with the source of each entry.

`pipeline.url` folds by it. An entry is right if it says who reads, where they came from, or in
which edition, on every site (or on the site it is listed under), and never which article. What
selects on some sites stays out: `id`, `p`, `page`, `s`, `sid`, `story`, `ref`, `source`, `cid`,
`token`. To add one, put it under its source, or under a new one that says where it was seen; names
are in lower case.
"""

from __future__ import annotations

# Parameters by prefix.
PREFIXES = {
    # Google Analytics and what imitates it; Matomo; Piwik; Parse.ly; HubSpot; DPG Media;
    # Blueshift; Vero; Olytics; Coremetrics; Segmentify; Adjust. AdGuard lists each of a family.
    "AdGuard, TrackParamFilter/sections/general_url.txt": """
    utm_ mtm_ pk_ itm_ hsa_ dpg_ bsft_ vero_ oly_ cm_mmc _sgm_ adjust_
    """,
    "Google Article Access: tokens that a paper gives a reader": "gaa_",
    "ActiveCampaign": "vgo_",
    "Webtrends": "wt.",
    "Dynamics 365 mailings": "_clde",
}

# Parameters by name.
NAMES = {
    # Without those that some sites select by: `var`, `cuid`, `clickid`, `__s`, `gci`, `maf`.
    "AdGuard, TrackParamFilter/sections/general_url.txt": """
    fbclid fb_ref fb_source fb_action_ids fb_comment_id action_object_map fb_action_types
    action_ref_map action_type_map gclid gclsrc gbraid wbraid _ga _gl usqp msclkid twclid yclid
    ysclid _openstat mc_eid mkt_tok __hssc __hstc __hsfp _hsenc hsctatracking ml_subscriber
    ml_subscriber_hash _kx s_cid cmpid xtor wt_mc cx_click cx_recsorder cx_recswidget guccounter
    guce_referrer guce_referrer_sig _branch_match_id _branch_referrer erid irclickid irgwc
    ir_campaignid ir_adid ir_partnerid user_email_address cm_me cm_cr sscid rtkcid __io_lv
    _io_session_id asgtbndr tduid mindbox-click-id mindbox-message-key awc admitad_uid gps_adid
    unicorn_click_id external_click_id vc_lpp rb_clickid ebisadid wickedid adfrom nx_source
    _zucks_suid oprtrack aiad_clid famad_xuid
    """,
    "Brave, the query filter of its browser": """
    _bhlid at_recipient_id at_recipient_list bbeml dclid et_rid oft_c oft_ck oft_d oft_id oft_ids
    oft_k oft_lk oft_sk sms_click sms_source sms_uph srsltid ss_email_id syclid ttclid ymclid
    cnxclid
    """,
    "Google Ads, beside gclid; Mailchimp; Reddit": "gad_source gad_campaignid mc_cid rdt_cid",
    "Click ids of the same vendors, beside those above": "igshid igsh li_fat_id _hsmi tgclid epik "
    "mibextid fbadid tblci obclickid oborigurl",
    "Google's AMP pages": "amp_js_v amp_gsa amp_kit amp_ct",
    "Links out of Google's search": "ved",
    "The Guardian and Reuters: internal campaigns": "int_cmp intcmp",
    "BBC and Reach: campaigns": """
    ocid ns_mchannel ns_source ns_campaign ns_linkname ns_fee at_medium at_campaign at_custom1
    at_custom2 at_custom3 at_custom4 at_link_id at_link_origin at_link_type at_ptr_name at_format
    at_bbc_team
    """,
    "Embedded posts of Twitter": "ref_src ref_url __twitter_impression",
    "Cond\u00e9 Nast mailings: the reader, hashed": """
    bxid cndid hasha hashb hashc esrc mbid utm_brand
    """,
    "Mailings of Sailthru, ConvertKit, Substack, beehiiv, Bloomberg and Axios": """
    sailthru ck_subscriber_id showwelcomeonshare isfreemail
    spjobid spmailingid spreportid spuserid trk_contact trk_msg trk_module trk_sid
    """,
    "Shared and gifted articles of the New York Times, The Times, FT, Atlantic, WSJ": """
    unlocked_article_code sharetoken sharetype accesstoken gift giftcopy gift_id giftid
    reflink shareid share_token share_id
    """,
    "Echobox, Hootsuite, SocialFlow, dlvr.it: who posted the link": """
    echobox echobox_ref hootpostid sf_ref dlvrit soc_src soc_trk
    """,
    "WeChat, Weibo, Toutiao, Alibaba: who shared the link": """
    isappinstalled nsukey wxshare_count wxshare_from wxfrom weibo_id share_source share_medium
    tt_from tt_medium spm scm
    """,
    "Adobe Campaign, Salesforce, Eloqua, EveryAction, Marketo, Selligent: mailings": """
    sfmc_id sfmc_activityid elqtrackid elqtrack elqat elqaid elq elqcampaignid emci emdi mkt_cid
    recip_id ueid m_bt
    """,
    "Piano and Outbrain: tests, recommendations, campaigns": """
    cx_testid cx_testvariant cx_artpos cxrecs_s dicbo at_xtor pb_campaign int_source int_medium
    int_campaign intcid traffic_source leadsource srnd wtmc piwik_campaign piwik_kwd
    """,
    "Share buttons of apps and papers": """
    sr_share smid smtyp tdsourcetag sfnsn ncid wpisrc wpmm itid taid ito regi_id user_email
    """,
    "Cache busters": "nocache no-cache _cb cachebuster",
    "Yandex's news and mailings": "ymsid yhid persistent_id nw_ref",
    "MSN": "cvid",
    "WordPress: where a comment is answered, and cache busters": "replytocom swcfpc",
    "Sessions of PHP, Java, ColdFusion, osCommerce, Zen Cart": """
    phpsessid jsessionid cfid cftoken oscsid zenid session_id sessionid
    """,
}

# Parameters of one site and those under it, by its registrable domain.
OF_SITES = {
    # Links of its mailings and its home page.
    "nytimes.com": """
    smid smtyp partner emc nl te campaign_id instance_id segment_id user_id regi_id ei
    referringsource rref module pgtype region contentcollection action hp mcubz _r
    """,
    "wsj.com": "mod st reflink tesla page_pos",
    "bloomberg.com": "sref leadsource taid srnd sponsored_click",
    "washingtonpost.com": "itid wpisrc wpmm noredirect tid pwapi_token",
    "ft.com": "segmentid ftcamp",
    "theguardian.com": "cmp",
    "cnn.com": "cid iid hpt sr",
    "reuters.com": "feedtype feedname rpc virtualbrandchannel taid",
    "latimes.com": "track",
    "elpais.com": "ssm prm",
    "lemonde.fr": "lmd_medium lmd_campaign lmd_creation lmd_source",
    "spiegel.de": "sara_ref sara_ecid",
    "faz.net": "gepc premium",
    "zeit.de": "freebie wt_zmc",
    "repubblica.it": "ref",
    "corriere.it": "refresh_ce",
    "yahoo.com": ".tsrc src ncid",
    "msn.com": "ei pc",
    "aljazeera.com": "traffic_source",
    "timesofindia.com": "from intenttarget",
    "indiatimes.com": "from intenttarget",
    "163.com": "f",
    "udn.com": "from",
    "chinatimes.com": "chdtv ctrack",
    "forbes.com": "sh ss",
    "businessinsider.com": "r ir",
}  # fmt: skip

# Parameters that select an article on some sites, and with these values only say who linked to it.
CHANNEL_NAMES = {
    "Links in feeds, mailings, apps and posts of many papers": """
    ref source src from via cid cmp partner emc mod share medium channel feature origin cmpgn
    campaign s_src referrer referer
    """,
}
CHANNELS = {
    "Links in feeds, mailings, apps and posts of many papers": """
    rss rss_feed rssfeed rss-feed feed atom newsletter email e-mail mail mailing nl sms push app
    social share share_btn share_btn_tw share_btn_fb share_btn_link sharebutton share-button
    twitter tw facebook fb instagram ig whatsapp wa telegram tg linkedin li pinterest reddit
    youtube tiktok threads bluesky mastodon weibo wechat vk ok line viber messenger copy copylink
    homepage home hp home-page frontpage front_page mainpage sitemap google googlenews google_news
    google-news gnews applenews apple_news apple-news flipboard smartnews msn yahoo bing
    rss-1 desktop mobileapp ios android
    """,
}

# What such a value may say beside its channels: where on a page the link stood, in which mailing.
CHANNEL_PARTS = {
    "Links of many papers: `from=homepage_top`, `source=daily-newsletter`": """
    top bottom header footer sidebar nav menu bar box button btn link links widget list inline
    article story page post web site related recommended recommendations popular latest mostread
    trending breaking daily weekly morning evening digest alert alerts campaign organic referral
    """,
}
# The names of these whose value is a host: Ghost puts `ref=` and its own to each link that leaves.
REFERRERS = {
    "Ghost; links out of chats, searches and link lists": """
    ref referrer referer via source from origin
    """,
}

# Pairs that choose an edition of the same article: AMP, print, mobile, all on one page.
SWITCHES = {
    "AMP plugins of WordPress; Arc; Blogger; Google's guide for publishers": """
    amp= amp=1 amp=true amp=yes _amp=true isamp=1 isamp=true outputtype=amp outputtype=amp-type
    output=amp view=amp format=amp mode=amp service=amp amp_markup=1 noamp=1 noamp=mobile
    noamp=available
    """,
    "Print views of Joomla, Drupal, CMSs of papers": """
    print= print=1 print=true print=yes print=y printable=1 printable=true printable=yes
    view=print output=print mode=print format=print layout=print outputtype=print
    printerfriendly=1 printerfriendly=true tmpl=component page=print service=print do=print
    """,
    "Mobile views: Blogger, WordPress, others": """
    m=0 m=1 mobile=1 mobile=0 mobile=true mobile=false nomobile=1 view=mobile view=desktop
    device=mobile ismobile=1 platform=mobile
    """,
    "The whole article on one page (Kompas, Grid, the Atlantic, the New York Times)": """
    page=all pages=all singlepage=1 singlepage=true single_page=true pagewanted=all
    showfullarticle=1
    """,
    "WeChat and Weibo: a link that was shared": """
    from=singlemessage from=groupmessage from=timeline
    """,
    "Twitter's apps, when a page is shared": "s=09 s=19 s=20 s=21",
}

# First labels of a host that serve the same pages to other devices.
MIRROR_HOSTS = {
    "everywhere": "www m amp mobile",
    "papers in German and Turkish; in Russian; in Chinese": "mobil mob pda wap 3g touch",
}

# Last segments of a path below an article that give another edition of it.
EDITION_SEGMENTS = {
    "AMP plugins; print views of WordPress and Drupal": "amp print",
}

# Hosts whose path holds the address of the article.
AMP_CACHES = {
    "Google, Bing, Cloudflare": "cdn.ampproject.org bing-amp.com amp.cloudflare.com",
}
