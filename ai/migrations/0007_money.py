"""Providers, endpoints, history, configurations, own keys, the lab, and budgets of three scopes."""

import canvas.core.rows
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ai', '0006_periods'),
        ('scenes', '0004_event_age'),
        ('workspaces', '0003_day_budgets'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountState',
            fields=[
                ('account', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('label', models.CharField(blank=True, max_length=120)),
                ('is_free_tier', models.BooleanField(null=True)),
                ('limit_left_nusd', models.BigIntegerField(blank=True, null=True)),
                ('free_a_day', models.PositiveIntegerField(blank=True, null=True)),
                ('refused_since', models.DateTimeField(blank=True, help_text='Since when the key is refused; none while it works.', null=True)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['account'],
            },
        ),
        migrations.CreateModel(
            name='CatalogueAlias',
            fields=[
                ('alias', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('slug', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('dated', 'Dated id'), ('alias', 'Alias'), ('mistake', 'Common wrong id')], default='alias', max_length=16)),
                ('note', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'verbose_name_plural': 'catalogue aliases',
                'ordering': ['alias'],
            },
        ),
        migrations.CreateModel(
            name='CatalogueChange',
            fields=[
                ('id', models.UUIDField(default=canvas.core.rows.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('model', 'model'), ('provider', 'provider'), ('endpoint', 'endpoint')], max_length=16)),
                ('key', models.CharField(max_length=300)),
                ('field', models.CharField(max_length=80)),
                ('before', models.JSONField(blank=True, null=True)),
                ('after', models.JSONField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='CatalogueEndpoint',
            fields=[
                ('context_length', models.PositiveIntegerField(blank=True, null=True)),
                ('max_output_tokens', models.PositiveIntegerField(blank=True, null=True)),
                ('prompt_nusd_per_m', models.PositiveBigIntegerField(blank=True, null=True)),
                ('completion_nusd_per_m', models.PositiveBigIntegerField(blank=True, null=True)),
                ('image_nusd_per_k', models.PositiveBigIntegerField(blank=True, help_text='A thousand pictures seen.', null=True)),
                ('request_nusd_per_k', models.PositiveBigIntegerField(blank=True, null=True)),
                ('pricing', models.JSONField(default=dict, help_text='Exact dollars a unit, as read.')),
                ('abilities', models.TextField(default=' ', help_text='Modalities and parameters, for filters.')),
                ('notes', models.JSONField(blank=True, default=list, help_text='Doubts and remarks, in words.')),
                ('source', models.CharField(choices=[('shipped', 'Shipped with this service'), ('openrouter', 'Read from OpenRouter'), ('simulator', 'Read from the simulator')], default='shipped', max_length=16)),
                ('gone_at', models.DateTimeField(blank=True, help_text='Since when it is not listed any more.', null=True)),
                ('wire', models.JSONField(default=dict, help_text='The record as it was read.')),
                ('modified_at', models.DateTimeField(auto_now=True)),
                ('id', models.UUIDField(default=canvas.core.rows.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=300, unique=True)),
                ('name', models.CharField(blank=True, max_length=300)),
                ('tag', models.CharField(blank=True, help_text='As `provider.order` names it.', max_length=120)),
                ('quantization', models.CharField(blank=True, max_length=16)),
                ('max_prompt_tokens', models.PositiveIntegerField(blank=True, null=True)),
                ('max_prompt_images', models.PositiveIntegerField(blank=True, null=True)),
                ('trains', models.BooleanField(null=True)),
                ('retains_prompts', models.BooleanField(null=True)),
                ('retention_days', models.PositiveIntegerField(blank=True, null=True)),
                ('is_zdr', models.BooleanField(help_text='Zero data retention.', null=True)),
                ('is_free', models.BooleanField(null=True)),
                ('is_disabled', models.BooleanField(null=True)),
                ('limit_rpm', models.PositiveIntegerField(blank=True, null=True)),
                ('limit_rpd', models.PositiveIntegerField(blank=True, null=True)),
                ('uptime_ratio', models.FloatField(blank=True, help_text='Of the last 30 minutes.', null=True)),
            ],
            options={
                'ordering': ['entry', 'key'],
            },
        ),
        migrations.CreateModel(
            name='CatalogueProvider',
            fields=[
                ('slug', models.CharField(max_length=120, primary_key=True, serialize=False)),
                ('name', models.CharField(db_index=True, help_text='As replies name it.', max_length=120)),
                ('display_name', models.CharField(blank=True, max_length=120)),
                ('headquarters', models.CharField(blank=True, max_length=8)),
                ('trains', models.BooleanField(help_text='Trains on prompts of paid models.', null=True)),
                ('retains_prompts', models.BooleanField(null=True)),
                ('retention_days', models.PositiveIntegerField(blank=True, null=True)),
                ('requires_user_ids', models.BooleanField(null=True)),
                ('has_chat_completions', models.BooleanField(null=True)),
                ('is_abortable', models.BooleanField(help_text='Stopping a call stops its bill.', null=True)),
                ('moderation_required', models.BooleanField(null=True)),
                ('byok_enabled', models.BooleanField(null=True)),
                ('privacy_url', models.TextField(blank=True)),
                ('terms_url', models.TextField(blank=True)),
                ('data_policy_url', models.TextField(blank=True)),
                ('status_url', models.TextField(blank=True)),
                ('notes', models.JSONField(blank=True, default=list)),
                ('source', models.CharField(choices=[('shipped', 'Shipped with this service'), ('openrouter', 'Read from OpenRouter'), ('simulator', 'Read from the simulator')], default='shipped', max_length=16)),
                ('gone_at', models.DateTimeField(blank=True, null=True)),
                ('wire', models.JSONField(default=dict)),
                ('modified_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ['slug'],
            },
        ),
        migrations.CreateModel(
            name='CatalogueSync',
            fields=[
                ('id', models.UUIDField(default=canvas.core.rows.uuid7, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('shipped', 'Shipped with this service'), ('openrouter', 'Read from OpenRouter'), ('simulator', 'Read from the simulator')], max_length=16)),
                ('status', models.CharField(choices=[('succeeded', 'Succeeded'), ('partial', 'Partial: some records could not be read and were left as they were'), ('failed', 'Failed: nothing was changed')], max_length=16)),
                ('counts', models.JSONField(default=dict, help_text='new, changed, repriced, gone, back, refused')),
                ('report', models.TextField(blank=True)),
                ('problems', models.JSONField(default=list, help_text='What could not be read, and why.')),
                ('seconds', models.FloatField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Configuration',
            fields=[
                ('id', models.UUIDField(default=canvas.core.rows.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('modified_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('chat_model', models.CharField(blank=True, max_length=200)),
                ('outline_model', models.CharField(blank=True, max_length=200)),
                ('vision_model', models.CharField(blank=True, max_length=200)),
                ('image_model', models.CharField(blank=True, max_length=200)),
                ('reasoning_effort', models.CharField(blank=True, choices=[('none', 'none'), ('minimal', 'minimal'), ('low', 'low'), ('medium', 'medium'), ('high', 'high')], max_length=16)),
                ('temperature', models.FloatField(blank=True, null=True)),
                ('extra_prompt', models.TextField(blank=True, help_text="Added to the director's prompt.")),
                ('override_prompt', models.TextField(blank=True, help_text='Stands in its place.')),
                ('provider', models.JSONField(blank=True, default=dict)),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='LabResult',
            fields=[
                ('id', models.UUIDField(default=canvas.core.rows.uuid7, editable=False, primary_key=True, serialize=False)),
                ('case', models.CharField(max_length=80)),
                ('model_slug', models.CharField(max_length=200)),
                ('wording', models.CharField(blank=True, max_length=80)),
                ('prompt_digest', models.CharField(blank=True, max_length=12)),
                ('is_valid', models.BooleanField(help_text='The answer passed its contract.', null=True)),
                ('repairs', models.JSONField(default=list)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('score', models.FloatField(blank=True, help_text='0..1 against what is expected.', null=True)),
                ('expectations', models.JSONField(default=list, help_text='Each with whether it was met.')),
                ('latency_s', models.FloatField(blank=True, null=True)),
                ('first_token_s', models.FloatField(blank=True, null=True)),
                ('prompt_tokens', models.PositiveBigIntegerField(blank=True, null=True)),
                ('completion_tokens', models.PositiveBigIntegerField(blank=True, null=True)),
                ('cost_nusd', models.PositiveBigIntegerField(blank=True, null=True)),
                ('model_served', models.CharField(blank=True, max_length=200)),
                ('simulated', models.BooleanField(default=False)),
                ('answer', models.TextField(blank=True)),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='LabRun',
            fields=[
                ('id', models.UUIDField(default=canvas.core.rows.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('modified_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('task', models.CharField(choices=[('chat', 'Director chat'), ('outline', 'Outline'), ('vision', 'Vision'), ('image', 'Image generation')], max_length=16)),
                ('cases', models.JSONField(help_text='What is asked, each with what is expected.')),
                ('model_slugs', models.JSONField(help_text='Which models to ask.')),
                ('wordings', models.JSONField(default=list, help_text='Prompt versions; empty: the one in use.')),
                ('baseline', models.CharField(max_length=200)),
                ('promoted_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='LedgerCheck',
            fields=[
                ('id', models.UUIDField(default=canvas.core.rows.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('counters', 'Our counters against our rows'), ('key', 'What the key has used'), ('credits', 'What the account has used'), ('activity', "The account's activity by day and model")], max_length=16)),
                ('account', models.CharField(blank=True, max_length=40)),
                ('day', models.CharField(blank=True, max_length=10)),
                ('is_ok', models.BooleanField(null=True)),
                ('ours_nusd', models.BigIntegerField(blank=True, null=True)),
                ('theirs_nusd', models.BigIntegerField(blank=True, null=True)),
                ('detail', models.JSONField(default=list, help_text='Each difference, in words.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ModelHealth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.CharField(max_length=200)),
                ('provider', models.CharField(blank=True, max_length=120)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('closed_until', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'verbose_name_plural': 'model health',
                'ordering': ['slug', 'provider'],
            },
        ),
        migrations.CreateModel(
            name='OwnKey',
            fields=[
                ('id', models.UUIDField(default=canvas.core.rows.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('modified_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('hint', models.CharField(help_text='Its last characters, to tell keys apart.', max_length=20)),
                ('secret', models.TextField(help_text='Encrypted.')),
                ('budget_nusd_a_month', models.PositiveBigIntegerField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='PriceTier',
            fields=[
                ('key', models.SlugField(max_length=40, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('order', models.PositiveSmallIntegerField(default=0)),
                ('most_nusd_per_m', models.PositiveBigIntegerField(blank=True, null=True)),
                ('note', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['order', 'key'],
            },
        ),
        migrations.CreateModel(
            name='RateWindow',
            fields=[
                ('key', models.CharField(help_text='account:what:window', max_length=120, primary_key=True, serialize=False)),
                ('used', models.PositiveIntegerField(default=0)),
                ('ends_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'ordering': ['key'],
            },
        ),
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('id', models.UUIDField(default=canvas.core.rows.uuid7, editable=False, primary_key=True, serialize=False)),
                ('subject', models.CharField(choices=[('stack', 'stack'), ('configuration', 'configuration')], max_length=16)),
                ('subject_id', models.UUIDField()),
                ('number', models.PositiveIntegerField()),
                ('values', models.JSONField()),
                ('user_id', models.UUIDField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('due_at', models.DateTimeField()),
                ('began_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.CharField(blank=True, help_text='How the last time went.', max_length=500)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.AlterModelOptions(
            name='budget',
            options={'ordering': ['-period']},
        ),
        migrations.RemoveConstraint(
            model_name='job',
            name='job_kind',
        ),
        migrations.RemoveConstraint(
            model_name='stack',
            name='stack_task',
        ),
        migrations.AddField(
            model_name='budget',
            name='limit_nusd',
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='budget',
            name='payer',
            field=models.CharField(choices=[('operator', "The operator's key"), ('own', "The workspace's own key")], default='operator', max_length=8),
        ),
        migrations.AddField(
            model_name='budget',
            name='project',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='scenes.project'),
        ),
        migrations.AddField(
            model_name='budget',
            name='scope_id',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='budget',
            name='warned_at',
            field=models.DateTimeField(blank=True, help_text='When four fifths of a limit were passed.', null=True),
        ),
        migrations.AddField(
            model_name='catalogueentry',
            name='abilities',
            field=models.TextField(default=' ', help_text='Modalities and parameters, for filters.'),
        ),
        migrations.AddField(
            model_name='catalogueentry',
            name='author',
            field=models.CharField(blank=True, db_index=True, max_length=120),
        ),
        migrations.AddField(
            model_name='catalogueentry',
            name='canonical_slug',
            field=models.CharField(blank=True, db_index=True, max_length=200),
        ),
        migrations.AddField(
            model_name='catalogueentry',
            name='description',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='catalogueentry',
            name='expires_at',
            field=models.DateTimeField(blank=True, help_text='Announced end.', null=True),
        ),
        migrations.AddField(
            model_name='catalogueentry',
            name='gone_at',
            field=models.DateTimeField(blank=True, help_text='Since when it is not listed any more.', null=True),
        ),
        migrations.AddField(
            model_name='catalogueentry',
            name='image_output_nusd_per_k',
            field=models.PositiveBigIntegerField(blank=True, help_text='A thousand pictures made, at the smallest size.', null=True),
        ),
        migrations.AddField(
            model_name='catalogueentry',
            name='listed_at',
            field=models.DateTimeField(blank=True, help_text='Published by OpenRouter.', null=True),
        ),
        migrations.AddField(
            model_name='catalogueentry',
            name='notes',
            field=models.JSONField(blank=True, default=list, help_text='Doubts and remarks, in words.'),
        ),
        migrations.AddField(
            model_name='catalogueentry',
            name='pricing',
            field=models.JSONField(default=dict, help_text='Exact dollars a unit, as read.'),
        ),
        migrations.AddField(
            model_name='catalogueentry',
            name='reasoning',
            field=models.JSONField(blank=True, default=dict, help_text='How it can think, as read.'),
        ),
        migrations.AddField(
            model_name='catalogueentry',
            name='source',
            field=models.CharField(choices=[('shipped', 'Shipped with this service'), ('openrouter', 'Read from OpenRouter'), ('simulator', 'Read from the simulator')], default='shipped', max_length=16),
        ),
        migrations.AddField(
            model_name='job',
            name='turn',
            field=models.PositiveBigIntegerField(default=0, help_text='Its place in the fair queue; see ai.jobs.fairness.'),
        ),
        migrations.AddField(
            model_name='stack',
            name='provider',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='upstreamcall',
            name='chosen_as',
            field=models.CharField(blank=True, help_text='Who chose it: request, project, plan, fallback 1, …', max_length=40),
        ),
        migrations.AddField(
            model_name='upstreamcall',
            name='image_tokens',
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='upstreamcall',
            name='payer',
            field=models.CharField(choices=[('operator', "The operator's key"), ('own', "The workspace's own key")], default='operator', max_length=8),
        ),
        migrations.AddField(
            model_name='upstreamcall',
            name='task',
            field=models.CharField(blank=True, help_text='chat, outline, vision, …', max_length=16),
        ),
        migrations.AddField(
            model_name='upstreamcall',
            name='user_id',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='budget',
            name='period',
            field=models.CharField(max_length=10),
        ),
        migrations.AlterField(
            model_name='catalogueentry',
            name='image_nusd_per_k',
            field=models.PositiveBigIntegerField(blank=True, help_text='A thousand pictures seen.', null=True),
        ),
        migrations.AlterField(
            model_name='catalogueentry',
            name='wire',
            field=models.JSONField(default=dict, help_text='The record as it was read.'),
        ),
        migrations.AlterField(
            model_name='job',
            name='kind',
            field=models.CharField(choices=[('chat', 'Director chat'), ('outline', 'Outline'), ('vision', 'Picture analysis'), ('lab', 'Lab run'), ('export', 'Export')], max_length=16),
        ),
        migrations.AlterField(
            model_name='stack',
            name='task',
            field=models.CharField(choices=[('chat', 'Director chat'), ('outline', 'Outline'), ('vision', 'Vision'), ('image', 'Image generation')], max_length=16),
        ),
        migrations.AlterField(
            model_name='upstreamcall',
            name='day',
            field=models.CharField(help_text='YYYY-MM-DD, UTC, of the budgets it counts against.', max_length=10),
        ),
        migrations.AddIndex(
            model_name='budget',
            index=models.Index(fields=['workspace', '-period'], name='budget_of_workspace'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('status', 'queued')), fields=['turn', 'id'], name='job_fair'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('status', 'queued')), fields=['workspace', 'kind', '-turn'], name='job_lane'),
        ),
        migrations.AddIndex(
            model_name='upstreamcall',
            index=models.Index(fields=['workspace', 'day'], name='call_of_day'),
        ),
        migrations.AddIndex(
            model_name='upstreamcall',
            index=models.Index(fields=['project', 'task', '-created_at'], name='call_of_project'),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.UniqueConstraint(fields=('scope_id', 'period', 'payer'), name='budget_once'),
        ),
        migrations.AddConstraint(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['chat', 'outline', 'vision', 'lab', 'export'])), name='job_kind'),
        ),
        migrations.AddConstraint(
            model_name='stack',
            constraint=models.CheckConstraint(condition=models.Q(('task__in', ['chat', 'outline', 'vision', 'image'])), name='stack_task'),
        ),
        migrations.AddField(
            model_name='catalogueendpoint',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='endpoints', to='ai.catalogueentry'),
        ),
        migrations.AddField(
            model_name='catalogueendpoint',
            name='provider',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='endpoints', to='ai.catalogueprovider'),
        ),
        migrations.AddField(
            model_name='cataloguechange',
            name='sync',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='ai.cataloguesync'),
        ),
        migrations.AddField(
            model_name='configuration',
            name='project',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='scenes.project'),
        ),
        migrations.AddField(
            model_name='configuration',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='configurations', to='workspaces.workspace'),
        ),
        migrations.AddField(
            model_name='labresult',
            name='call',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='ai.upstreamcall'),
        ),
        migrations.AddField(
            model_name='labrun',
            name='job',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='ai.job'),
        ),
        migrations.AddField(
            model_name='labrun',
            name='project',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='scenes.project'),
        ),
        migrations.AddField(
            model_name='labrun',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lab_runs', to='workspaces.workspace'),
        ),
        migrations.AddField(
            model_name='labresult',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='results', to='ai.labrun'),
        ),
        migrations.AddConstraint(
            model_name='modelhealth',
            constraint=models.UniqueConstraint(fields=('slug', 'provider'), name='health_once'),
        ),
        migrations.AddField(
            model_name='ownkey',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='ownkey',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='own_keys', to='workspaces.workspace'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(fields=('subject', 'subject_id', 'number'), name='revision_once'),
        ),
        migrations.AddIndex(
            model_name='cataloguechange',
            index=models.Index(fields=['kind', 'key', '-created_at'], name='change_of_key'),
        ),
        migrations.AddConstraint(
            model_name='cataloguechange',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['model', 'provider', 'endpoint'])), name='change_kind'),
        ),
        migrations.AddConstraint(
            model_name='configuration',
            constraint=models.UniqueConstraint(condition=models.Q(('project', None)), fields=('workspace',), name='configuration_of_workspace'),
        ),
        migrations.AddConstraint(
            model_name='configuration',
            constraint=models.UniqueConstraint(condition=models.Q(('project__isnull', False)), fields=('project',), name='configuration_of_project'),
        ),
        migrations.AddIndex(
            model_name='labrun',
            index=models.Index(fields=['workspace', '-created_at', '-id'], name='lab_run_list'),
        ),
        migrations.AddConstraint(
            model_name='labresult',
            constraint=models.UniqueConstraint(fields=('run', 'case', 'model_slug', 'wording'), name='lab_result_once'),
        ),
        migrations.AddConstraint(
            model_name='ownkey',
            constraint=models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('workspace',), name='own_key_one_in_use'),
        ),
    ]
